package ops

func textCommentTask() Text {
	return Text{
		Title:   "Comentar tarefa",
		TitleEN: "Comment on task",
		Description: "Acrescenta um comentário a uma tarefa, com evidências se houver; quem vê a tarefa vê o comentário, e ele não se apaga. " +
			"Use para perguntar ou explicar. Para decidir use sga_approve_task ou sga_reject_task.",
		DescriptionEN: "Adds a comment to a task, with evidence if there is any; whoever sees the task sees it, and it is never erased. " +
			"Use it to ask or explain. To decide use sga_approve_task or sga_reject_task.",
		Keywords: []string{
			"comentar tarefa", "deixar um comentário", "perguntar a quem propôs", "anotar na tarefa", "responder comentário",
			"comment on task", "leave a comment", "ask the proposer", "add a remark",
		},
		Questions: []string{
			"Comente na tarefa que falta a foto",
			"Escreva um comentário nessa proposta",
			"Leave a remark on this proposal",
		},
	}
}

func textAssignTask() Text {
	return Text{
		Title:   "Atribuir tarefa",
		TitleEN: "Assign task",
		Description: "Entrega uma tarefa a uma pessoa que possa decidi-la, ou a si mesmo, e muda o prazo se preciso. " +
			"Sem responsável, a tarefa volta a ser de todos. Para ver a fila use sga_get_pending_tasks.",
		DescriptionEN: "Hands a task to a person who may decide it, or to oneself, and moves its due time if needed. " +
			"Without an assignee the task is everybody's again. For the queue use sga_get_pending_tasks.",
		Keywords: []string{
			"atribuir tarefa", "passar a tarefa para outro", "assumir tarefa", "mudar responsável", "mudar prazo da tarefa",
			"assign task", "reassign", "take over task", "change assignee", "move due time",
		},
		Questions: []string{
			"Passe essa tarefa para o lead",
			"Assumo essa aprovação",
			"Reassign this task to someone else",
		},
	}
}

func textEscalateTask() Text {
	return Text{
		Title:   "Escalar tarefa",
		TitleEN: "Escalate task",
		Description: "Sobe a prioridade de uma tarefa que está parada, com um motivo, e encurta o prazo; no máximo três vezes. " +
			"Tarefas atrasadas sobem sozinhas.",
		DescriptionEN: "Raises the priority of a task that is stuck, with a reason, and shortens its due time; three times at most. " +
			"Overdue tasks are raised by themselves.",
		Keywords: []string{
			"escalar tarefa", "aumentar prioridade", "cobrar aprovação", "tarefa parada", "apressar",
			"escalate task", "raise priority", "chase approval", "stuck task", "hurry up",
		},
		Questions: []string{
			"Suba a prioridade dessa tarefa, o cliente está parado",
			"Escale essa pendência",
			"Escalate this, nobody reacts",
		},
	}
}

func textListTaskGroups() Text {
	return Text{
		Title:   "Agrupar tarefas parecidas",
		TitleEN: "Group alike tasks",
		Description: "Junta as tarefas abertas que são iguais em operação, regra, risco e projeto: quantas são, de que valores, a mais antiga e, sempre, o que difere em cada uma. " +
			"Use com a fila cheia. Para a lista simples use sga_get_pending_tasks.",
		DescriptionEN: "Puts together the open tasks that are equal in operation, rule, risk and project: how many, of what values, the oldest and, always, what differs in each. " +
			"Use it when the queue is full. For the plain list use sga_get_pending_tasks.",
		Keywords: []string{
			"agrupar tarefas", "tarefas iguais", "tarefas parecidas", "resumo da fila", "o que difere entre as propostas", "agrupado por risco",
			"group tasks", "alike tasks", "queue summary", "what differs", "grouped by risk",
		},
		Questions: []string{
			"Agrupe as aprovações parecidas",
			"Quais propostas são iguais e quais destoam?",
			"Group the queue by kind and risk",
		},
	}
}

func textApproveTasks() Text {
	return Text{
		Title:   "Aprovar várias tarefas",
		TitleEN: "Approve several tasks",
		Description: "Aprova até 50 tarefas do mesmo tipo e da mesma classe de risco, nomeadas uma a uma com o que foi mostrado; cada uma é decidida por si e tem a sua resposta. " +
			"Nunca aprova \"todas\". Para uma só use sga_approve_task.",
		DescriptionEN: "Approves up to 50 tasks of one type and one class of risk, named one by one with what was shown; each is decided by itself and has its own answer. " +
			"It never approves \"all\". For a single one use sga_approve_task.",
		Keywords: []string{
			"aprovar em lote", "aprovar várias", "aprovar o grupo", "aprovação múltipla",
			"approve in bulk", "approve several", "approve the group", "batch approval",
		},
		Questions: []string{
			"Aprove estas dez entradas parecidas",
			"Aprove o grupo que eu selecionei",
			"Approve the selected tasks together",
		},
	}
}

func textRejectTasks() Text {
	return Text{
		Title:   "Rejeitar várias tarefas",
		TitleEN: "Reject several tasks",
		Description: "Rejeita até 50 tarefas do mesmo tipo e da mesma classe de risco com um motivo; cada uma é decidida por si e tem a sua resposta. " +
			"Para uma só use sga_reject_task.",
		DescriptionEN: "Rejects up to 50 tasks of one type and one class of risk with one reason; each is decided by itself and has its own answer. " +
			"For a single one use sga_reject_task.",
		Keywords: []string{
			"rejeitar em lote", "rejeitar várias", "recusar o grupo", "negar todas as selecionadas",
			"reject in bulk", "reject several", "decline the group",
		},
		Questions: []string{
			"Rejeite estas propostas repetidas",
			"Recuse o grupo selecionado",
			"Decline the selected tasks together",
		},
	}
}

func textListAutonomy() Text {
	return Text{
		Title:   "Ver autonomia dos agentes",
		TitleEN: "List agent autonomy",
		Description: "Mostra até onde cada agente pode ir (níveis A, B e C) por operação, faixa de valor e projeto, em que se apoia e o que falta para o próximo nível. " +
			"Um nível sem projeto vale para todos; vale o menor (effective_level). " +
			"Para mudar use sga_set_autonomy.",
		DescriptionEN: "Shows how far each agent may go (levels A, B and C) by operation, band of value and project, what that rests on and what is missing for the next level. " +
			"A level without a project holds for all; the lowest holds (effective_level). " +
			"To change it use sga_set_autonomy.",
		Keywords: []string{
			"autonomia dos agentes", "nível de autonomia", "acerto do agente", "concordância com as pessoas", "confiança no agente",
			"agent autonomy", "autonomy level", "agreement with people", "how far may the agent go",
		},
		Questions: []string{
			"Que autonomia tem cada agente?",
			"O que falta para o agente subir de nível?",
			"How often do people agree with the agent?",
		},
	}
}

func textSetAutonomy() Text {
	return Text{
		Title:   "Definir autonomia de um agente",
		TitleEN: "Set agent autonomy",
		Description: "Define até onde um agente pode ir em uma operação, faixa de valor e projeto: A sugere, B executa e põe em revisão, C executa. " +
			"Sem projeto vale para todos; entre os dois níveis vale o menor. " +
			"Baixar é sempre possível; subir exige concordância medida com as pessoas. Veja antes com sga_list_autonomy.",
		DescriptionEN: "Sets how far an agent may go in an operation, band of value and project: A suggests, B executes and queues for review, C executes. " +
			"Without a project it holds for all; of the two levels the lower one holds. " +
			"Lowering is always possible; raising needs measured agreement with people. Look first with sga_list_autonomy.",
		Keywords: []string{
			"definir autonomia", "mudar nível do agente", "baixar autonomia", "subir autonomia", "limitar o agente",
			"set autonomy", "change agent level", "lower autonomy", "raise autonomy", "restrict the agent",
		},
		Questions: []string{
			"Baixe o agente para o nível A",
			"Dê ao agente de entrada o nível B",
			"Restrict this agent to suggestions",
		},
	}
}
