package ops

func textGetMovements() Text {
	return Text{
		Title:   "Consultar movimentações",
		TitleEN: "Get movements",
		Description: "Lista as movimentações já lançadas, por período, tipo, projeto e local: entradas, saídas, transferências, devoluções, ajustes e expedições. " +
			"Use para extratos e relatórios do que aconteceu no estoque. " +
			"Para a história de um só equipamento use sga_get_asset_timeline; para lançar uma movimentação use sga_create_movement.",
		DescriptionEN: "Lists the movements already posted, by period, type, project and location: receipts, issues, transfers, returns, adjustments and dispatches. " +
			"Use it for statements and reports of what happened in the stock. " +
			"For the story of a single device use sga_get_asset_timeline; to post a movement use sga_create_movement.",
		Keywords: []string{
			"movimentações", "extrato", "entradas e saídas", "histórico de movimentos", "relatório de movimentação", "o que entrou", "o que saiu",
			"o que chegou", "o que foi enviado", "recebimentos", "expedições do dia", "transferências do mês", "devoluções da semana", "ontem", "hoje",
			"período", "últimos dias", "lançamentos",
			"movements", "stock transactions", "movement report", "what came in", "what went out", "received this week", "shipped yesterday",
			"posted", "ledger entries", "between dates", "last month", "today",
		},
		Questions: []string{
			"O que aconteceu no armazém durante o feriado?",
			"Baixas que a Carla fez em setembro",
			"Warehouse activity of last Monday",
			"O que entrou no estoque hoje?",
			"Quais saídas foram feitas na semana passada?",
			"Me mostra o extrato de abril do projeto NTT",
			"O que chegou em Curitiba ontem?",
			"Quais equipamentos foram despachados entre 01/05/2026 e 15/05/2026?",
			"Houve algum ajuste negativo neste mês?",
			"Quais devoluções recebemos nos últimos 7 dias?",
			"Movimentações do local CD-SP em janeiro",
			"Quem tirou material do depósito na sexta-feira?",
			"What was received last week?",
			"Show all dispatches between May 1 and May 15",
			"Report of adjustments posted this month",
			"What left the Campinas warehouse today?",
			"Stock transactions of project ITAÚ in 2026",
		},
	}
}

func textCreateMovement() Text {
	return Text{
		Title:   "Lançar movimentação",
		TitleEN: "Create movement",
		Description: "Registra uma movimentação de estoque: entrada, saída, transferência, reserva, liberação, ajuste, expedição ou devolução (reversa) de um part number, com quantidade e seriais. " +
			"Use quando alguém manda ou relata que material chegou, saiu, mudou de lugar ou voltou. " +
			"Para várias de uma vez use sga_create_movements; para desfazer uma já lançada use sga_reverse_movement; para consultar use sga_get_movements.",
		DescriptionEN: "Posts a stock movement: receipt, issue, transfer, reservation, release, adjustment, dispatch or return of a part number, with quantity and serials. " +
			"Use it when somebody orders or reports that material arrived, left, changed place or came back. " +
			"For many at once use sga_create_movements; to undo a posted one use sga_reverse_movement; to look them up use sga_get_movements.",
		Keywords: []string{
			"lançar", "registrar", "registre", "dar entrada", "dar baixa", "dar saída", "movimentar", "transferir", "transfira", "mover", "levar para",
			"enviar", "mandar", "despachar", "expedir", "receber", "recebi", "chegou", "chegaram", "devolver", "devolveu", "retornar", "reservar", "liberar", "ajustar saldo",
			"create movement", "post", "record", "book", "receive", "check in", "issue", "ship", "dispatch", "send", "transfer", "move", "return to stock",
			"write off", "adjust",
		},
		Questions: []string{
			"O Rafael levou 2 tablets com ele",
			"A loja 15 trouxe de volta um modem",
			"Julia picked up three headsets",
			"Dá entrada em 10 access points no CD São Paulo",
			"Registre a saída de 3 roteadores para a loja RENNER 22",
			"Transfira 5 switches de Campinas para Brasília",
			"Dar baixa em 2 fontes queimadas",
			"Lança a devolução do serial ABC998877",
			"Chegaram 50 cabos UTP da nota 1687, coloca no estoque",
			"Mandei 4 APs para o técnico Carlos, registra aí",
			"Reserve 2 unidades do ISR4331 para o chamado 45821",
			"Move o notebook PF3XY21 para a base do Rio",
			"Faça um ajuste positivo de 1 unidade do GLC-T",
			"Expeça 6 equipamentos para o cliente ITAÚ",
			"Receive 20 units of SFP-1G-LX into the Recife warehouse",
			"Ship 2 routers to the customer",
			"Move serial JAE240912XY to the technician",
			"Record that 3 laptops came back from the client",
		},
	}
}

func textCreateMovements() Text {
	return Text{
		Title:   "Lançar movimentações em lote",
		TitleEN: "Create movements in a batch",
		Description: "Registra até 1.000 movimentações em uma transação: todas ou nenhuma, ou cada uma por si. " +
			"Use para lotes e planilhas. Para uma só use sga_create_movement.",
		DescriptionEN: "Posts up to 1,000 movements in one transaction: all or nothing, or each on its own. " +
			"Use it for batches and sheets. For a single one use sga_create_movement.",
		Keywords: []string{
			"lote", "em lote", "em massa", "várias movimentações", "lançamento múltiplo", "muitas de uma vez", "planilha de movimentos",
			"batch", "bulk", "many movements at once", "mass posting", "all or nothing",
		},
		Questions: []string{
			"Lance estas 200 movimentações de uma vez",
			"Registrar em lote as entradas da planilha",
			"Post this batch of movements atomically",
		},
	}
}

func textReverseMovement() Text {
	return Text{
		Title:   "Estornar movimentação",
		TitleEN: "Reverse movement",
		Description: "Estorna uma movimentação já lançada criando a movimentação contrária, com motivo; nada é apagado. " +
			"Use para corrigir erro de lançamento. " +
			"Para equipamento que volta do cliente use sga_create_movement com REVERSA.",
		DescriptionEN: "Undoes a posted movement by posting its opposite, with a reason; nothing is deleted. " +
			"Use it to correct a posting mistake. " +
			"For equipment that comes back from a client use sga_create_movement with REVERSA.",
		Keywords: []string{
			"estornar", "estorno", "desfazer", "cancelar lançamento", "anular movimentação", "lancei errado", "corrigir movimento",
			"reverse movement", "undo", "cancel posting", "void", "posted by mistake", "roll back",
		},
		Questions: []string{
			"Estorne a movimentação que lancei errado",
			"Desfaz a última saída, foi engano",
			"Undo the movement I posted by mistake",
		},
	}
}

func textGetMovement() Text {
	return Text{
		Title:   "Ver uma movimentação",
		TitleEN: "Get one movement",
		Description: "Mostra uma movimentação pelo identificador, com tudo o que se sabe dela: documento, evidências, quem pediu, que regra a deixou passar, quem aprovou e que seriais moveu. " +
			"Use quando já se tem o movement_id. Para procurar movimentações use sga_get_movements.",
		DescriptionEN: "Shows one movement by its id with all that is known of it: document, evidence, who asked, which rule let it pass, who approved it and which serials it moved. " +
			"Use it when the movement_id is known. To look for movements use sga_get_movements.",
		Keywords: []string{
			"detalhe da movimentação", "movement_id", "comprovante do lançamento", "quem aprovou a movimentação", "seriais da movimentação",
			"movement detail", "movement by id", "who approved this movement", "serials of a movement",
		},
		Questions: []string{
			"Mostre a movimentação 01890a5d-ac96-774b-bcce-b302099a8057",
			"Quem aprovou esse lançamento de id 0198?",
			"Show movement id 01890a5d with its serials",
		},
	}
}
