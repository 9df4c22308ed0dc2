package rest

// addTaskWords adds the sentences of the pages of the queue.
func addTaskWords(w map[string][2]string) {
	for name, text := range map[string][2]string{
		"tasks.all": {"Todas", "All"}, "tasks.mine": {"Minhas", "Mine"}, "tasks.overdue": {"Atrasadas", "Overdue"}, "tasks.groups": {"Agrupadas", "Grouped"},
		"task.assignee": {"Responsável", "Assignee"}, "task.nobody": {"Ninguém", "Nobody"}, "task.due": {"Prazo", "Due"}, "task.late": {"atrasada", "overdue"},
		"task.level": {"Escalada", "Escalated"}, "task.times": {"vez(es)", "time(s)"}, "task.approvals": {"Aprovações", "Approvals"}, "task.void": {"não vale mais", "void"},
		"task.unknown": {"não conhecido: falta o custo de uma peça", "not known: a part has no cost"},
		"task.talk":    {"Comentários", "Comments"}, "task.quiet": {"Ninguém comentou.", "Nobody has commented."}, "task.say": {"Comentar", "Comment"},
		"task.hand": {"Responsável e prazo", "Assignee and due time"}, "task.take": {"Assumir", "Take it"}, "task.give": {"Atribuir", "Assign"},
		"task.login": {"Login do responsável (vazio: ninguém)", "Login of the assignee (empty: nobody)"},
		"task.raise": {"Escalar", "Escalate"}, "task.raise.reason": {"Motivo para escalar", "Reason for escalating"}, "task.history": {"Histórico", "History"},

		"groups.title": {"Pendências agrupadas", "Grouped tasks"}, "groups.hint": {"Iguais em operação, regra, risco e projeto. O que difere aparece primeiro.", "Equal in operation, rule, risk and project. What differs comes first."},
		"groups.count": {"tarefas", "tasks"}, "groups.oldest": {"a mais antiga de", "the oldest of"}, "groups.differs": {"difere em", "differs in"}, "groups.facts": {"O que não é igual em todas", "What is not the same in all"},
		"groups.values": {"valores", "values"}, "groups.more": {"mais, iguais, fora desta lista", "more, alike, not listed"}, "groups.unknown": {"de valor desconhecido", "of unknown value"},
		"groups.comment": {"Comentário, ou motivo da rejeição", "Comment, or reason for rejecting"}, "groups.approve": {"Aprovar as marcadas", "Approve those ticked"},
		"groups.reject": {"Rejeitar as marcadas", "Reject those ticked"}, "groups.cut": {"Há mais tarefas abertas do que cabem aqui: filtre a lista.", "There are more open tasks than fit here: filter the list."},
	} {
		w[name] = text
	}
}
