package ops

func textVerifyLedger() Text {
	return Text{
		Title:         "Verificar o livro de estoque",
		TitleEN:       "Verify ledger",
		Description:   "Relê todas as movimentações desde o início e confere saldos, estados, a cadeia de hashes e os pontos de controle; aponta a primeira coisa errada.",
		DescriptionEN: "Replays all movements from the beginning and checks balances, states, the hash chain and the checkpoints; names the first thing that is wrong.",
		Keywords: []string{
			"verificar integridade", "auditar", "auditoria", "cadeia de hashes", "adulteração", "livro íntegro", "conferir o razão",
			"verify ledger", "integrity check", "audit", "hash chain", "tampering", "replay the log",
		},
		Questions: []string{"O livro de movimentações está íntegro?", "Alguém adulterou os registros?", "Verify the integrity of the ledger"},
	}
}
