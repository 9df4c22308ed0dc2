package rest

// addReportWords adds the sentences of the reports.
func addReportWords(w map[string][2]string) {
	for name, text := range map[string][2]string{
		"nav.reports": {"Relatórios", "Reports"}, "home.reports": {"Saldos, mínimos, retornos, divergências e linha do tempo.", "Balances, minimums, returns, divergences and timelines."},
		"report.title": {"Relatórios", "Reports"}, "report.asof": {"Posição em", "As of"}, "report.group": {"Somar por", "Sum up by"}, "report.name": {"Nome", "Name"},
		"report.description": {"Descrição", "Description"}, "report.value": {"Valor", "Value"}, "report.rows": {"Linhas", "Rows"}, "report.since": {"Desde", "Since"},
		"report.days": {"Dias", "Days"}, "report.mindays": {"Há pelo menos (dias)", "For at least (days)"}, "report.perplace": {"Por local", "By location"},
		"report.perproject": {"Por projeto", "By project"}, "report.empty": {"Sem estoque", "Out of stock"}, "report.missing": {"Custo do que falta", "Cost of what is missing"},
		"report.overdue": {"Atrasados", "Overdue"}, "report.out": {"Em campo", "In the field"}, "report.awaiting": {"Aguardando reversa", "Awaiting return"},
		"report.coming": {"Em reversa", "On the way back"}, "report.expected": {"Esperado", "Expected"}, "report.actual": {"Contado", "Counted"}, "report.variance": {"Variação", "Variance"},
		"report.open": {"Abertas", "Open"}, "report.settled": {"Resolvidas", "Settled"}, "report.found": {"Sobras", "Found"}, "report.lost": {"Faltas", "Missing"},
		"report.loss": {"Perda", "Loss"}, "report.what": {"O quê", "What"}, "reason": {"Motivo", "Reason"}, "report.none": {"Nada com esses filtros.", "Nothing with these filters."},
		"report.byplace": {"Saldo por local", "Stock by location"}, "report.bymonth": {"Divergências e ajustes por mês", "Divergences and adjustments by month"},
		"report.shown": {"linhas no relatório inteiro", "rows in the whole report"}, "report.download": {"Baixar tudo", "Download all"}, "report.clear": {"Limpar", "Clear"},
		"report.balances": {"Saldos por projeto e local", "Balances by project and location"}, "report.balances.text": {"Total, reservado, disponível e valor, em qualquer data.", "Total, reserved, available and value, at any date."},
		"report.low": {"Abaixo do mínimo", "Below minimum"}, "report.low.text": {"O que repor, do mais crítico ao menos.", "What to replenish, the most critical first."},
		"report.returns": {"Retornos pendentes", "Pending returns"}, "report.returns.text": {"O que tem de voltar do campo, há quantos dias e com quem.", "What has to come back from the field, for how long and from whom."},
		"report.divergences": {"Divergências e ajustes", "Divergences and adjustments"}, "report.divergences.text": {"Contado contra esperado, e o que se fez.", "Counted against expected, and what was done."},
		"report.timeline": {"Linha do tempo", "Timeline"}, "report.timeline.text": {"Movimentos, estados e tarefas de um item, local ou projeto.", "Movements, states and tasks of an item, a place or a project."},

		"balance_grouping.PROJECT_LOCATION": {"Projeto e local", "Project and location"}, "balance_grouping.PROJECT": {"Projeto", "Project"}, "balance_grouping.LOCATION": {"Local", "Location"},
		"balance_grouping.CATEGORY": {"Categoria", "Category"}, "balance_grouping.PART_NUMBER": {"Part number", "Part number"},
		"difference_kind.DIVERGENCE": {"Divergência", "Divergence"}, "difference_kind.ADJUSTMENT": {"Ajuste", "Adjustment"},
		"difference_status.OPEN": {"Aberta", "Open"}, "difference_status.INVESTIGATING": {"Em apuração", "Investigating"}, "difference_status.RESOLVED": {"Resolvida", "Resolved"},
		"difference_status.CLOSED": {"Encerrada", "Closed"}, "difference_status.POSTED": {"Lançado", "Posted"}, "difference_status.REVERSAL": {"Estorno", "Reversal"},
		"timeline_kind.MOVEMENT": {"Movimento", "Movement"}, "timeline_kind.STATE_CHANGE": {"Mudança de estado", "Change of state"}, "timeline_kind.TASK": {"Tarefa", "Task"},
	} {
		w[name] = text
	}
}
