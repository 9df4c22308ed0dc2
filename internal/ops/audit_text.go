package ops

func textListAudit() Text {
	return Text{
		Title:         "Consultar a auditoria",
		TitleEN:       "List audit",
		Description:   "Lista as chamadas, permitidas ou recusadas: quem, por onde, o quê, o efeito nos saldos e se a linha já está selada. Filtra por pessoa, operação, resultado, sessão e data.",
		DescriptionEN: "Lists the calls, allowed or refused: who, through which door, what, the effect on balances and whether the row is sealed yet. Filters by person, operation, result, session and date.",
		Keywords: []string{"trilha de auditoria", "quem fez", "log de auditoria", "registro de acessos", "chamadas recusadas", "histórico de um usuário", "acessos negados",
			"audit trail", "audit log", "who did what", "refused calls", "access log", "activity of a user"},
		Questions: []string{"Quem fez o quê ontem na auditoria?", "Quais chamadas foram recusadas hoje?", "Show the audit trail of user ana"},
	}
}
