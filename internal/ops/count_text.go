package ops

func textOpenCount() Text {
	return Text{
		Title:         "Abrir contagem",
		TitleEN:       "Open count",
		Description:   "Abre uma contagem de inventário em um ou mais locais, cega ou não, com recontagem e tolerância.",
		DescriptionEN: "Opens a stock count of one or more locations, blind or not, with recount and tolerance.",
		Keywords: []string{
			"abrir contagem", "iniciar inventário físico", "contagem cíclica", "inventário rotativo", "contagem cega", "campanha de contagem",
			"open count", "start stocktake", "cycle count", "physical inventory", "blind count",
		},
		Questions: []string{"Abra uma contagem no depósito de Campinas", "Vamos começar o inventário físico", "Start a stocktake at the Rio base"},
	}
}

func textSubmitCount() Text {
	return Text{
		Title:         "Enviar contagem",
		TitleEN:       "Submit count",
		Description:   "Envia o que foi contado em uma contagem aberta: quantidades e seriais lidos, com fotos.",
		DescriptionEN: "Submits what was counted in an open count: quantities and scanned serials, with photos.",
		Keywords: []string{
			"enviar contagem", "registrar o que contei", "contei", "leituras", "seriais lidos", "resultado da contagem",
			"submit count", "counted quantity", "scanned serials", "enter count result",
		},
		Questions: []string{"Contei 14 cabos na prateleira A-01", "Envie os seriais que eu li", "Submit my count of 14 units"},
	}
}

func textCloseCount() Text {
	return Text{
		Title:         "Fechar contagem",
		TitleEN:       "Close count",
		Description:   "Fecha uma contagem, compara com o saldo e propõe os ajustes, que esperam aprovação.",
		DescriptionEN: "Closes a count, compares it with the balance and proposes the adjustments, which wait for approval.",
		Keywords: []string{
			"fechar contagem", "encerrar inventário físico", "finalizar contagem", "propor ajustes da contagem",
			"close count", "finish stocktake", "end the count", "propose adjustments",
		},
		Questions: []string{"Encerre a contagem de Campinas", "Terminei o inventário, pode fechar", "Close the stocktake"},
	}
}

func textGetCount() Text {
	return Text{
		Title:         "Ver contagem",
		TitleEN:       "Get count",
		Description:   "Mostra uma contagem: esperado, encontrado, faltante e inesperado, por item.",
		DescriptionEN: "Shows one count: expected, found, missing and unexpected, by item.",
		Keywords: []string{
			"ver contagem", "andamento da contagem", "esperado e encontrado", "itens faltantes na contagem",
			"get count", "count progress", "expected versus found", "missing in the count",
		},
		Questions: []string{"Como está o andamento da contagem?", "O que faltou na contagem de Campinas?", "Show expected versus found of this count"},
	}
}

func textListCounts() Text {
	return Text{
		Title:         "Listar contagens",
		TitleEN:       "List counts",
		Description:   "Lista as contagens de inventário por situação, local e data.",
		DescriptionEN: "Lists the stock counts by state, location and date.",
		Keywords: []string{
			"listar contagens", "contagens abertas", "campanhas de inventário", "contagens anteriores",
			"list counts", "open stocktakes", "past counts", "count campaigns",
		},
		Questions: []string{"Quais contagens estão abertas?", "Quando foi o último inventário físico do Rio?", "List the stocktakes of this year"},
	}
}

func textListDivergences() Text {
	return Text{
		Title:   "Listar divergências",
		TitleEN: "List divergences",
		Description: "Lista as divergências encontradas por contagens e regras: serial em dois lugares, saída sem evidência, reversa atrasada, diferença de contagem. " +
			"Para comparar com o SAP use sga_reconcile_sap.",
		DescriptionEN: "Lists the divergences found by counts and rules: a serial in two places, an issue without evidence, an overdue return, a count difference. " +
			"To compare with SAP use sga_reconcile_sap.",
		Keywords: []string{
			"listar divergências", "divergências abertas", "serial duplicado", "reversa atrasada", "saída sem evidência", "inconsistências", "anomalias",
			"list divergences", "open divergences", "duplicate serial", "overdue return", "inconsistencies", "anomalies",
		},
		Questions: []string{"Quais divergências estão abertas?", "Tem serial em dois lugares ao mesmo tempo?", "Which returns are overdue?"},
	}
}
