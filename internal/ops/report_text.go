package ops

func textGetBalanceReport() Text {
	return Text{
		Title:   "Relatório de saldos",
		TitleEN: "Balance report",
		Description: "Relatório de saldos somados por projeto e local, por projeto, por local, por categoria ou por part number: total, reservado, disponível e valor em reais, hoje ou em qualquer data passada. " +
			"Use para fechamentos, valorização do estoque e gráficos. " +
			"Para o saldo de um só item use sga_get_balance; para a lista item por item use sga_list_inventory.",
		DescriptionEN: "Report of balances summed up by project and location, by project, by location, by category or by part number: total, reserved, available and value in BRL, today or at any past date. " +
			"Use it for closings, stock valuation and charts. " +
			"For the balance of one item use sga_get_balance; for the list item by item use sga_list_inventory.",
		Keywords: []string{
			"relatório de saldos", "saldo por projeto e local", "valor do estoque", "estoque valorizado", "valorização", "fechamento de estoque", "resumo por local",
			"resumo por projeto", "totais por categoria", "balance report", "stock valuation", "stock value by location", "totals by project", "closing report",
		},
		Questions: []string{
			"Quanto vale o estoque de cada base?",
			"Relatório de saldos por projeto e local no fechamento de outubro",
			"Total reservado e disponível somado por categoria",
			"What is our stock worth by project?",
			"Balance report by location at year end",
		},
	}
}

func textGetReturnReport() Text {
	return Text{
		Title:   "Relatório de retornos pendentes",
		TitleEN: "Pending returns report",
		Description: "Relatório de reversas pendentes: equipamentos serializados que têm de voltar do cliente ou do técnico, aguardando reversa ou já em reversa, com idade em dias, chamado, local e atraso. " +
			"Use para cobrar devoluções. " +
			"Para registrar a volta use sga_create_movement com REVERSA.",
		DescriptionEN: "Report of pending returns: serialised equipment that has to come back from a customer or a technician, awaiting its return or on the way, with age in days, ticket, place and delay. " +
			"Use it to chase what is due back. " +
			"To record the return use sga_create_movement with REVERSA.",
		Keywords: []string{
			"relatório de reversas", "reversas pendentes", "retornos pendentes", "retorno obrigatório", "devoluções pendentes", "cobrar devolução", "dias em campo",
			"pending returns report", "reverse logistics report", "mandatory return", "due back", "days in the field",
		},
		Questions: []string{
			"Quais reversas estão pendentes e há quantos dias?",
			"Relatório de retornos obrigatórios que ainda não voltaram do cliente",
			"Which units are still due back from technicians?",
			"Pending returns report older than ten days",
		},
	}
}

func textGetDivergenceReport() Text {
	return Text{
		Title:   "Relatório de divergências e ajustes",
		TitleEN: "Divergence and adjustment report",
		Description: "Relatório de divergências e ajustes de um período: contado contra esperado, situação, tarefa e movimento do ajuste, motivo, valor em reais e totais por mês e por motivo. " +
			"Use para auditoria e indicadores. " +
			"Para a fila do que está aberto use sga_list_divergences.",
		DescriptionEN: "Report of the divergences and adjustments of a period: counted against expected, status, task and movement of the adjustment, reason, value in BRL and totals by month and by reason. " +
			"Use it for audits and indicators. " +
			"For the queue of what is open use sga_list_divergences.",
		Keywords: []string{
			"relatório de divergências", "relatório de ajustes", "perdas e sobras", "ajustes por motivo", "divergências por mês", "índice de divergência", "quebra de estoque",
			"divergence report", "adjustment report", "losses and gains", "adjustments by reason", "divergences by month", "shrinkage",
		},
		Questions: []string{
			"Quanto perdemos em ajustes no trimestre, por motivo?",
			"Relatório de divergências e ajustes por mês",
			"How much did we write off by reason this year?",
			"Divergence and adjustment report for October",
		},
	}
}

func textGetTimelineReport() Text {
	return Text{
		Title:   "Relatório de linha do tempo",
		TitleEN: "Timeline report",
		Description: "Relatório cronológico de um período para um part number, um local, um projeto ou um equipamento: movimentos, mudanças de estado e tarefas numa só lista. " +
			"Use quando é preciso juntar tudo o que houve. " +
			"Para a história de um só equipamento use sga_get_asset_timeline; só para movimentos use sga_get_movements.",
		DescriptionEN: "Chronological report of a period for a part number, a location, a project or an item: movements, changes of state and tasks in one list. " +
			"Use it when all that happened has to be put together. " +
			"For the history of one item use sga_get_asset_timeline; for movements alone use sga_get_movements.",
		Keywords: []string{
			"relatório cronológico", "relatório de linha do tempo", "tudo o que houve no local", "tudo o que houve no projeto", "movimentos estados e tarefas",
			"timeline report", "chronological report", "everything that happened at a place", "everything that happened in a project", "movements states and tasks",
		},
		Questions: []string{
			"Relatório de tudo o que houve no projeto NTT em outubro: movimentos, estados e tarefas",
			"Monte a linha do tempo do local CD-SP nesta semana",
			"Timeline report of project ZAMP with its tasks",
			"Everything that happened at the Recife base last month, with changes of state",
		},
	}
}
