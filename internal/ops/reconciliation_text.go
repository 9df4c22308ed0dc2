package ops

func textReconcileSAP() Text {
	return Text{
		Title:   "Conciliar com o SAP",
		TitleEN: "Reconcile with SAP",
		Description: "Compara o nosso estoque com as quantidades do SAP, por part number, local e projeto, e mostra o que confere, o que diverge e o que só existe de um lado. " +
			"Use quando houver dados ou arquivo do SAP para bater. " +
			"Para ler uma conciliação já feita use sga_get_reconciliation.",
		DescriptionEN: "Compares our stock with the quantities of SAP, by part number, location and project, and shows what matches, what differs and what only one side has. " +
			"Use it when there are figures or a file from SAP to compare. " +
			"To read one that was already made use sga_get_reconciliation.",
		Keywords: []string{
			"conciliar", "conciliação", "reconciliar", "SAP", "comparar com o SAP", "bater com o SAP", "bate", "confere", "diferenças", "divergência com o ERP",
			"sobra e falta", "MB52", "planilha do SAP", "cruzar estoques", "casar os números", "ERP",
			"reconcile", "SAP reconciliation", "compare with SAP", "match against the ERP", "mismatch", "variance", "differences", "discrepancies", "cross-check",
		},
		Questions: []string{
			"O financeiro vê outro número, quem está certo?",
			"Os livros da contabilidade fecham com o físico?",
			"Finance sees 12 and we see 10, why do the figures disagree?",
			"Faça a conciliação com o SAP",
			"O nosso estoque bate com o SAP?",
			"Compare este MB52 com o que temos",
			"O que o SAP tem a mais do que nós?",
			"Confere os números do ERP com os nossos",
			"Cruza a planilha do SAP com o estoque",
			"Onde o SAP e o SGA discordam?",
			"Faltou ou sobrou alguma coisa em relação ao ERP?",
			"Reconcile the SAP export",
			"Does our inventory match SAP?",
			"Find mismatches between us and the ERP",
			"Compare the MB52 extract with our books",
			"Which items exist only in SAP?",
		},
	}
}

func textGetReconciliation() Text {
	return Text{
		Title:   "Ler uma conciliação",
		TitleEN: "Get reconciliation",
		Description: "Lê uma conciliação salva: totais e linhas, página por página, com filtro por situação. " +
			"Para fazer uma nova use sga_reconcile_sap.",
		DescriptionEN: "Reads a saved reconciliation: totals and rows, page by page, filtered by outcome. " +
			"To make a new one use sga_reconcile_sap.",
		Keywords: []string{
			"ler conciliação", "resultado da conciliação", "abrir conciliação salva", "linhas da conciliação",
			"get reconciliation", "saved reconciliation", "reconciliation result", "reconciliation rows",
		},
		Questions: []string{
			"Abra o resultado da última conciliação",
			"Show the rows of the saved reconciliation",
		},
	}
}

func textListReconciliations() Text {
	return Text{
		Title:         "Listar conciliações",
		TitleEN:       "List reconciliations",
		Description:   "Lista as conciliações já feitas, com data, autor e totais.",
		DescriptionEN: "Lists the reconciliations already made, with date, author and totals.",
		Keywords: []string{
			"listar conciliações", "conciliações anteriores", "histórico de conciliações",
			"list reconciliations", "previous reconciliations", "past runs",
		},
		Questions: []string{
			"Quais conciliações já fizemos?",
			"List the past SAP reconciliations",
		},
	}
}
