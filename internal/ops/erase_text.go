package ops

func textErasePerson() Text {
	return Text{
		Title:   "Apagar dados de uma pessoa",
		TitleEN: "Erase a person's data",
		Description: "Atende ao pedido de eliminação da LGPD: destrói a chave da pessoa e, com ela, o nome e os documentos, e encerra os logins. " +
			"Não tem volta; os movimentos e a auditoria ficam, com um pseudônimo.",
		DescriptionEN: "Carries out a request for erasure (LGPD): destroys the person's key and with it the name and the documents, and ends the logins. " +
			"It cannot be undone; movements and audit stay, under a pseudonym.",
		Keywords: []string{"apagar pessoa", "excluir dados pessoais", "LGPD", "direito ao esquecimento", "eliminar titular", "anonimizar usuário",
			"erase person", "right to be forgotten", "delete personal data", "GDPR erasure"},
		Questions: []string{"Apague os dados pessoais do usuário que saiu", "Como atendo um pedido de eliminação da LGPD?", "Erase the personal data of a former employee"},
	}
}
