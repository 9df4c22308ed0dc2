package ops

func textCreateUpload() Text {
	return Text{
		Title:         "Enviar documento",
		TitleEN:       "Create upload",
		Description:   "Dá um endereço de envio, válido por minutos, para um arquivo de tipo, tamanho e SHA-256 anunciados: foto, nota fiscal, assinatura, planilha ou manual. Depois de enviar, chame sga_complete_upload.",
		DescriptionEN: "Gives an upload URL, good for minutes, for one file of an announced type, size and SHA-256: photo, invoice, signature, spreadsheet or manual. After sending it call sga_complete_upload.",
		Keywords: []string{
			"enviar arquivo", "anexar foto", "subir nota fiscal", "mandar documento", "endereço de upload", "enviar comprovante",
			"upload file", "send photo", "upload invoice", "presigned url", "upload link",
		},
		Questions: []string{"Quero enviar a foto do recebimento", "Como mando o PDF da nota?", "Give me an upload URL for this photo"},
	}
}

func textCompleteUpload() Text {
	return Text{
		Title:         "Concluir envio de documento",
		TitleEN:       "Complete upload",
		Description:   "Inspeciona o arquivo que chegou pelo endereço de sga_create_upload e o torna disponível, ou o recusa dizendo por quê. Só quem criou o envio pode concluí-lo.",
		DescriptionEN: "Inspects the file that came through the URL of sga_create_upload and makes it available, or refuses it and says why. Only its maker may complete an upload.",
		Keywords: []string{
			"concluir envio", "terminar upload", "arquivo enviado", "inspecionar arquivo", "confirmar envio", "liberar documento",
			"complete upload", "finish upload", "file sent", "inspect file",
		},
		Questions: []string{"Terminei de enviar o arquivo, e agora?", "O arquivo que mandei foi aceito?", "I have sent the file, please check it"},
	}
}

func textGetDocument() Text {
	return Text{
		Title:         "Ver documento",
		TitleEN:       "Get document",
		Description:   "Mostra um documento: tipo, tamanho, SHA-256, situação, a que está anexado, e um endereço de download válido por minutos. Quem não vê aquilo a que ele pertence não o vê.",
		DescriptionEN: "Shows one document: type, size, SHA-256, status, what it is attached to, and a download URL good for minutes. Who does not see what it belongs to does not see it.",
		Keywords: []string{
			"ver documento", "baixar documento", "abrir anexo", "baixar nota fiscal", "ver foto da evidência", "link do documento",
			"get document", "download document", "open attachment", "download invoice",
		},
		Questions: []string{"Baixe o PDF dessa nota", "Mostre o documento anexado ao movimento", "Open that attachment"},
	}
}

func textListDocuments() Text {
	return Text{
		Title:         "Listar documentos",
		TitleEN:       "List documents",
		Description:   "Lista os documentos por tipo, situação, data e por aquilo a que estão anexados: movimento, tarefa, contagem, item ou reserva.",
		DescriptionEN: "Lists documents by kind, status, date and by what they are attached to: movement, task, count, asset or reservation.",
		Keywords: []string{
			"listar documentos", "documentos do movimento", "fotos da contagem", "notas fiscais guardadas", "evidências anexadas", "arquivos da tarefa",
			"list documents", "attached files", "documents of a movement", "evidence list",
		},
		Questions: []string{"Quais fotos foram anexadas a este movimento?", "Liste os documentos recusados da semana", "Which files belong to this task?"},
	}
}

func textAttachEvidence() Text {
	return Text{
		Title:         "Anexar evidência",
		TitleEN:       "Attach evidence",
		Description:   "Anexa documentos disponíveis a um movimento, tarefa, contagem, item ou reserva. Um anexo não se desfaz.",
		DescriptionEN: "Attaches available documents to a movement, task, count, asset or reservation. An attachment cannot be undone.",
		Keywords: []string{
			"anexar evidência", "juntar comprovante", "vincular documento", "anexar nota ao movimento", "anexar foto à contagem", "comprovar movimento",
			"attach evidence", "link document", "add proof", "attach invoice to movement",
		},
		Questions: []string{"Anexe esta foto ao movimento de ontem", "Junte a nota fiscal a esta tarefa", "Attach these documents to the count"},
	}
}
