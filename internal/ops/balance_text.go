package ops

func textGetBalance() Text {
	return Text{
		Title:   "Consultar saldo",
		TitleEN: "Get balance",
		Description: "Informa o saldo de um part number: quantidade total, reservada e disponível, no geral e por local e projeto. " +
			"Use quando a pergunta é quanto há de um material. " +
			"Para saber por que o número é esse use sga_explain_balance; para o saldo de uma data passada use sga_get_stock_as_of; para listar muitos itens use sga_list_inventory.",
		DescriptionEN: "Tells the balance of one part number: total, reserved and available quantity, overall and by location and project. " +
			"Use it when the question is how many of a material there are. " +
			"For why the figure is what it is use sga_explain_balance; for the balance of a past date use sga_get_stock_as_of; to list many items use sga_list_inventory.",
		Keywords: []string{
			"saldo", "quantidade", "quantos", "quantas", "quanto tem", "quanto sobrou", "quanto resta", "disponível", "disponibilidade",
			"ainda tem", "tem em estoque", "unidades", "peças livres", "saldo do material", "total reservado", "dá para atender",
			"balance", "how many", "how much", "quantity on hand", "available quantity", "availability", "units left", "remaining",
			"do we have enough", "stock level", "still in stock",
		},
		Questions: []string{
			"Você me arranja seis conectores RJ45?",
			"Quando a bateria acaba, ainda resta muita?",
			"Can we spare two fans?",
			"Quantos switches C9300-48P temos?",
			"Qual é o saldo do part number AIR-AP2802I?",
			"Quanto sobrou do cabo CAB-UTP6 em Curitiba?",
			"Ainda tem fonte PWR-350W disponível?",
			"Tem algum SFP-10G-SR livre?",
			"Dá para atender um pedido de 20 unidades do WS-C2960?",
			"Quantas peças do material 200871 estão reservadas?",
			"Temos bateria suficiente para a manutenção?",
			"Quanto tem de fibra no projeto ITAÚ?",
			"How many ISR4331 routers do we have?",
			"What is the available quantity of SFP-1G-LX?",
			"Is part GLC-T in stock?",
			"How much cable is left in Recife?",
			"Are there enough access points for 12 stores?",
		},
	}
}

func textExplainBalance() Text {
	return Text{
		Title:   "Explicar o saldo",
		TitleEN: "Explain balance",
		Description: "Explica um saldo: as movimentações, os documentos, as pessoas e as regras que formam o número, em ordem. " +
			"Use quando alguém duvida da quantidade ou pergunta por quê. " +
			"Para só ver o número use sga_get_balance.",
		DescriptionEN: "Explains a balance: the movements, documents, people and rules that make the figure, in order. " +
			"Use it when somebody doubts the quantity or asks why. " +
			"To see only the figure use sga_get_balance.",
		Keywords: []string{
			"explicar saldo", "por que o saldo", "por quê", "origem do número", "composição do saldo", "justificar quantidade", "de onde veio", "extrato do saldo",
			"explain balance", "why is the balance", "where does the number come from", "breakdown", "how was it computed",
		},
		Questions: []string{
			"Por que o saldo do C9300-48P é 12?",
			"De onde vem esse número de 40 unidades?",
			"Explique como se chegou à quantidade do cabo UTP em Recife",
			"Why do we only have 3 of these?",
			"Explain the balance of ISR4331",
		},
	}
}

func textGetStockAsOf() Text {
	return Text{
		Title:   "Consultar o estoque em uma data",
		TitleEN: "Get stock as of a date",
		Description: "Informa o estoque como era em uma data passada e, se pedido, como era conhecido em outro momento. " +
			"Use para fechamentos, auditorias e comparações com o passado. " +
			"Para o saldo de agora use sga_get_balance.",
		DescriptionEN: "Tells the stock as it was on a past date and, if asked, as it was known at another moment. " +
			"Use it for closings, audits and comparisons with the past. " +
			"For the balance of now use sga_get_balance.",
		Keywords: []string{
			"estoque na data", "saldo em data passada", "posição retroativa", "saldo no fechamento do mês", "como estava o estoque", "fotografia do estoque",
			"stock as of", "balance on a past date", "historical stock", "point in time", "month-end closing", "as known at",
		},
		Questions: []string{
			"Qual era o saldo do ISR4331 em 31 de março?",
			"Como estava o estoque no fechamento do mês passado?",
			"Quanto tínhamos de AP no fim do ano?",
			"What was our stock on 31 December?",
			"How many did we have a month ago?",
		},
	}
}
