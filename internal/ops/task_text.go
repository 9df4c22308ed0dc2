package ops

func textGetPendingTasks() Text {
	return Text{
		Title:   "Ver tarefas pendentes",
		TitleEN: "Get pending tasks",
		Description: "Lista as tarefas que esperam uma pessoa: aprovações de entrada, saída, ajuste e transferência, divergências, documentos a revisar e conferências, as mais urgentes primeiro. " +
			"Use para saber o que falta aprovar ou decidir. " +
			"Para ver uma tarefa inteira use sga_get_task; para decidir use sga_approve_task ou sga_reject_task.",
		DescriptionEN: "Lists the tasks that wait for a person: approvals of receipts, issues, adjustments and transfers, divergences, documents to review and quality checks, the most urgent first. " +
			"Use it to know what is left to approve or decide. " +
			"To see one task in full use sga_get_task; to decide use sga_approve_task or sga_reject_task.",
		Keywords: []string{
			"tarefas pendentes", "pendências", "aprovações", "aprovar", "autorizar", "fila de aprovação", "esperando decisão", "aguardando liberação",
			"o que falta", "o que preciso fazer", "minhas tarefas", "na minha mesa", "caixa de entrada", "revisar documentos", "urgente", "atrasado", "parado",
			"pending tasks", "approvals", "to do", "inbox", "waiting for me", "awaiting approval", "work queue", "open tasks", "needs my decision",
			"sign off", "review documents", "overdue",
		},
		Questions: []string{
			"O que está travado à espera do gestor?",
			"O que tenho na agenda para decidir esta manhã?",
			"Who is blocked because of me?",
			"O que está pendente de aprovação?",
			"O que eu preciso aprovar hoje?",
			"Tem alguma tarefa urgente esperando por mim?",
			"Quais documentos aguardam revisão?",
			"O que falta decidir?",
			"Tem algo parado dependendo de mim?",
			"Mostre minhas tarefas",
			"Quais divergências esperam solução?",
			"Alguém está esperando meu ok?",
			"What is waiting for my approval?",
			"Show my to-do list",
			"Any urgent tasks in the queue?",
			"Which documents need review?",
			"What do I have to sign off?",
		},
	}
}

func textGetTask() Text {
	return Text{
		Title:   "Ver uma tarefa",
		TitleEN: "Get task",
		Description: "Mostra uma tarefa inteira: o comando exato, o efeito no estoque antes e depois, evidências, confiança, a regra que a segurou, o prazo e a impressão digital a confirmar. " +
			"Use antes de aprovar. Para a fila toda use sga_get_pending_tasks.",
		DescriptionEN: "Shows one task in full: the exact command, its effect on stock before and after, evidence, confidence, the rule that held it, the deadline and the fingerprint to confirm. " +
			"Use it before approving. For the whole queue use sga_get_pending_tasks.",
		Keywords: []string{
			"ver tarefa", "detalhe da tarefa", "abrir proposta", "efeito antes e depois", "por que está retida", "situação do pedido",
			"get task", "task details", "open proposal", "effect before and after", "status of my request",
		},
		Questions: []string{
			"Abra os detalhes dessa tarefa",
			"Por que meu ajuste ficou retido?",
			"Já aprovaram o meu pedido?",
			"Show me the details of this proposal",
		},
	}
}

func textApproveTask() Text {
	return Text{
		Title:   "Aprovar tarefa",
		TitleEN: "Approve task",
		Description: "Aprova uma tarefa e executa exatamente o que foi mostrado, uma única vez. " +
			"Só uma pessoa com alçada pode aprovar, e nunca quem propôs; agentes e serviços são recusados. " +
			"Veja antes com sga_get_task.",
		DescriptionEN: "Approves a task and executes exactly what was shown, once. " +
			"Only a person with the authority may approve, never the proposer; agents and services are refused. " +
			"Look at it first with sga_get_task.",
		Keywords: []string{
			"aprovar tarefa", "aprovo", "autorizo", "pode executar", "dar ok", "confirmar proposta",
			"approve task", "authorise", "go ahead", "accept proposal", "give approval",
		},
		Questions: []string{
			"Aprove essa tarefa",
			"Pode liberar o ajuste, está autorizado",
			"Approve the pending adjustment",
		},
	}
}

func textRejectTask() Text {
	return Text{
		Title:   "Rejeitar tarefa",
		TitleEN: "Reject task",
		Description: "Rejeita uma tarefa com um motivo; nada é executado e quem propôs é avisado. " +
			"Veja antes com sga_get_task.",
		DescriptionEN: "Rejects a task with a reason; nothing is executed and the proposer is told. " +
			"Look at it first with sga_get_task.",
		Keywords: []string{
			"rejeitar tarefa", "recusar", "negar", "reprovar", "não autorizo",
			"reject task", "refuse", "deny", "decline", "turn down",
		},
		Questions: []string{
			"Rejeite essa proposta, está errada",
			"Não autorizo esse descarte",
			"Decline the pending adjustment",
		},
	}
}
