package ops

func textCreateWebhook() Text {
	return Text{
		Title:         "Criar webhook",
		TitleEN:       "Create webhook",
		Description:   "Cadastra um endereço https que passa a receber os eventos assinados, em ordem. Responde o segredo uma única vez.",
		DescriptionEN: "Registers an https address that from now on receives signed events, in order. Answers the secret once only.",
		Keywords: []string{"criar webhook", "novo webhook", "cadastrar webhook", "enviar eventos para url", "assinar eventos", "integração por http",
			"create webhook", "new webhook", "register endpoint", "subscribe to events", "push events to url"},
		Questions: []string{"Crie um webhook para o endereço do ERP", "Envie os eventos de tarefa para esta URL", "Register a webhook for movement events"},
	}
}

func textListWebhooks() Text {
	return Text{
		Title:         "Listar webhooks",
		TitleEN:       "List webhooks",
		Description:   "Lista os webhooks com posição, atraso, falhas e a última entrega de cada um.",
		DescriptionEN: "Lists the webhooks with the position, lag, failures and last delivery of each.",
		Keywords: []string{"listar webhooks", "webhooks cadastrados", "atraso dos webhooks", "webhooks pausados", "endereços que recebem eventos",
			"list webhooks", "registered webhooks", "webhook lag", "paused webhooks"},
		Questions: []string{"Quais webhooks estão pausados?", "Liste os webhooks e seus atrasos", "Which webhooks are failing?"},
	}
}

func textGetWebhook() Text {
	return Text{
		Title:         "Consultar webhook",
		TitleEN:       "Get webhook",
		Description:   "Mostra um webhook e as suas últimas cinquenta tentativas de entrega.",
		DescriptionEN: "Shows one webhook and its last fifty attempts at delivery.",
		Keywords: []string{"consultar webhook", "detalhe do webhook", "tentativas de entrega", "histórico do webhook",
			"get webhook", "webhook details", "delivery attempts", "webhook log"},
		Questions: []string{"Mostre as últimas entregas deste webhook", "Por que o webhook falhou?", "Show the delivery log of the webhook"},
	}
}

func textUpdateWebhook() Text {
	return Text{
		Title:         "Alterar webhook",
		TitleEN:       "Update webhook",
		Description:   "Pausa ou retoma um webhook, muda a descrição ou os tipos de evento, ou troca o segredo com 24 h de convivência.",
		DescriptionEN: "Pauses or resumes a webhook, changes its description or kinds of events, or replaces its secret with an overlap of 24 h.",
		Keywords: []string{"alterar webhook", "pausar webhook", "retomar webhook", "trocar segredo do webhook", "mudar tipos de evento",
			"update webhook", "pause webhook", "resume webhook", "rotate webhook secret"},
		Questions: []string{"Pause o webhook do ERP", "Troque o segredo do webhook", "Resume the paused webhook"},
	}
}

func textDeleteWebhook() Text {
	return Text{
		Title:         "Apagar webhook",
		TitleEN:       "Delete webhook",
		Description:   "Apaga um webhook: nada mais é enviado ao seu endereço.",
		DescriptionEN: "Deletes a webhook: nothing more is sent to its address.",
		Keywords: []string{"apagar webhook", "remover webhook", "excluir webhook", "parar de enviar eventos",
			"delete webhook", "remove webhook", "stop sending events"},
		Questions: []string{"Apague o webhook antigo", "Remova este webhook", "Delete the webhook of the old system"},
	}
}

func textTestWebhook() Text {
	return Text{
		Title:         "Testar webhook",
		TitleEN:       "Test webhook",
		Description:   "Envia uma mensagem de teste assinada ao receptor e diz o que ele respondeu.",
		DescriptionEN: "Sends a signed test message to the receiver and says what it answered.",
		Keywords: []string{"testar webhook", "ping do webhook", "enviar mensagem de teste", "verificar receptor",
			"test webhook", "ping webhook", "send test message", "check receiver"},
		Questions: []string{"Teste o webhook do ERP", "O receptor está respondendo?", "Send a ping to the webhook"},
	}
}

func textReplayWebhook() Text {
	return Text{
		Title:         "Reenviar eventos de um webhook",
		TitleEN:       "Replay webhook events",
		Description:   "Faz um webhook receber de novo, em ordem, os eventos a partir de uma posição ou de um instante.",
		DescriptionEN: "Has a webhook receive again, in order, the events from a position or from an instant on.",
		Keywords: []string{"reenviar eventos", "repetir eventos do webhook", "voltar a posição do webhook", "reprocessar eventos",
			"replay webhook", "resend events", "rewind webhook", "send events again"},
		Questions: []string{"Reenvie ao webhook os eventos desde ontem", "Repita os eventos a partir da posição 500", "Replay the webhook from position 1200"},
	}
}
