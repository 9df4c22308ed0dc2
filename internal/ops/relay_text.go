package ops

func textGetRelayStatus() Text {
	return Text{
		Title:         "Ver a situação das entregas de eventos",
		TitleEN:       "Get relay status",
		Description:   "Mostra até onde cada consumidor de eventos chegou, quanto está atrasado, o último erro e quantas entregas ele desistiu de fazer.",
		DescriptionEN: "Shows how far each consumer of events has come, how far it is behind, its last error and how many deliveries it gave up.",
		Keywords: []string{"situação do relay", "atraso das projeções", "consumidores de eventos", "tabela de eventos atrasada", "posição do consumidor",
			"relay status", "projection lag", "event consumers", "outbox backlog", "change data capture lag"},
		Questions: []string{"A tabela de eventos está em dia?", "Quanto o relay está atrasado?", "How far behind is each event consumer?"},
	}
}

func textListDeadLetters() Text {
	return Text{
		Title:         "Listar entregas que falharam de vez",
		TitleEN:       "List dead letters",
		Description:   "Lista os eventos que um consumidor não conseguiu receber, com o erro e as tentativas. Para enviar um deles de novo use sga_retry_dead_letter.",
		DescriptionEN: "Lists the events that a consumer could not take, with the error and the attempts. To send one of them again use sga_retry_dead_letter.",
		Keywords: []string{"dead letters", "entregas não feitas", "eventos perdidos", "eventos recusados pelo consumidor", "fila de mortos", "falhas de entrega",
			"undelivered events", "failed deliveries", "dead letter queue"},
		Questions: []string{"Quais eventos não foram entregues?", "Há entregas de eventos com falha definitiva?", "List the dead letters of the event table"},
	}
}

func textRetryDeadLetter() Text {
	return Text{
		Title:         "Enviar de novo uma entrega que falhou",
		TitleEN:       "Retry dead letter",
		Description:   "Envia agora, mais uma vez, um evento que um consumidor tinha recusado, e encerra a pendência se ele for aceito. Para desistir dele use sga_discard_dead_letter.",
		DescriptionEN: "Sends an event that a consumer had refused once more, now, and closes the matter if it is taken. To give it up use sga_discard_dead_letter.",
		Keywords: []string{"repetir entrega", "reenviar evento", "tentar de novo a entrega", "reprocessar evento",
			"retry delivery", "redeliver event", "resend dead letter", "reprocess event"},
		Questions: []string{"Reenvie este evento ao consumidor", "Tente entregar de novo o evento que falhou", "Redeliver this dead letter"},
	}
}

func textDiscardDeadLetter() Text {
	return Text{
		Title:         "Desistir de uma entrega que falhou",
		TitleEN:       "Discard dead letter",
		Description:   "Encerra, com um motivo, a pendência de um evento que não precisa mais ser entregue; o evento continua no registro. Para enviá-lo use sga_retry_dead_letter.",
		DescriptionEN: "Closes, with a reason, the matter of an event that need not be delivered any more; the event stays in the log. To send it use sga_retry_dead_letter.",
		Keywords: []string{"descartar entrega", "desistir do evento", "ignorar falha de entrega", "encerrar pendência de entrega",
			"discard dead letter", "give up delivery", "ignore failed event", "close dead letter"},
		Questions: []string{"Descarte esta entrega, o destino não existe mais", "Desista deste evento", "Discard this dead letter"},
	}
}
