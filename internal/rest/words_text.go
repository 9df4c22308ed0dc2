package rest

// words is every sentence of the pages: pt-BR first, English second.
func words() map[string][2]string {
	w := map[string][2]string{
		"skip": {"Ir para o conteúdo", "Skip to content"}, "nav": {"Seções", "Sections"}, "nav.who": {"Quem sou", "Who I am"},
		"nav.language": {"Idioma", "Language"}, "nav.move": {"Movimentar", "Move stock"}, "nav.movements": {"Movimentos", "Movements"},
		"nav.tasks": {"Pendências", "Pending tasks"}, "nav.low": {"Estoque baixo", "Low stock"}, "nav.connect": {"Conectar", "Connect"},
		"sign.in": {"Entrar", "Sign in"}, "sign.out": {"Sair", "Sign out"}, "more": {"Mais", "More"}, "none": {"Nada encontrado.", "Nothing found."},
		"all": {"Todos", "All"}, "optional": {"opcional", "optional"}, "filter": {"Filtrar", "Filter"},

		"problem.title": {"Não foi possível continuar", "Cannot continue"}, "problem.home": {"Voltar ao início", "Back to the start"},
		"problem.quote": {"Ao pedir ajuda, cite", "When asking for help, quote"},

		"home.title": {"O que você procura?", "What are you looking for?"}, "home.main": {"Início", "Start"},
		"home.move":      {"Entrada, saída, transferência, reserva, ajuste.", "Receipt, issue, transfer, reservation, adjustment."},
		"home.tasks":     {"O que espera uma decisão.", "What waits for a decision."},
		"home.low":       {"O que está no mínimo ou abaixo.", "What is at its minimum or below."},
		"home.movements": {"Quem moveu o quê, quando e por quê.", "Who moved what, when and why."},
		"home.connect":   {"Agentes, API e planilhas.", "Agents, API and spreadsheets."},
		"guest.title":    {"Estoque e ativos, num lugar só", "Stock and assets in one place"},
		"guest.text": {"Encontre qualquer peça, movimente o estoque e veja de onde vem cada número. Entre para começar.",
			"Find any part, move stock and see where every number comes from. Sign in to begin."},
		"guest.users": {"Usuários de demonstração: admin, admin2, lead, logistics, operations, technician, finance, viewer. As senhas aparecem no terminal, na primeira partida.",
			"Demo users: admin, admin2, lead, logistics, operations, technician, finance, viewer. Their passwords are on the terminal, at the first start."},

		"connect.title": {"Conectar", "Connect"}, "connect.agent": {"Agentes (MCP)", "Agents (MCP)"},
		"connect.agent.text": {"Endereço do Gateway, HTTP com fluxo:", "Address of the Gateway, streamable HTTP:"},
		"connect.token":      {"Um token de acesso de uma hora, no terminal:", "An access token for one hour, on the terminal:"},
		"connect.stdio":      {"Ou as mesmas ferramentas por stdio, para um agente desta máquina:", "Or the same tools over stdio, for an agent of this machine:"},
		"connect.rest":       {"API REST", "REST API"},
		"connect.rest.text": {"Todas as operações e recursos, com o token no cabeçalho. Listas saem também como CSV ou Excel com ?format=csv ou ?format=xlsx.",
			"Every operation and resource, with the token in the header. Lists also come as CSV or Excel with ?format=csv or ?format=xlsx."},
		"connect.operations": {"O que você pode usar", "What you may use"},

		"search.title": {"Busca", "Search"}, "search.label": {"Buscar no estoque", "Search the stock"}, "search.button": {"Buscar", "Search"},
		"search.placeholder": {"Série, part number, descrição, pessoa, chamado ou local", "Serial, part number, description, person, ticket or location"},
		"search.none":        {"Nada encontrado para", "Nothing found for"},

		"serial": {"Série", "Serial"}, "part": {"Part number", "Part number"}, "place": {"Local", "Location"}, "project": {"Projeto", "Project"},
		"status": {"Situação", "Status"}, "condition": {"Condição", "Condition"}, "last": {"Último movimento", "Last movement"}, "quantity": {"Quantidade", "Quantity"},
		"total": {"Total", "Total"}, "reserved": {"Reservado", "Reserved"}, "available": {"Disponível", "Available"}, "minimum": {"Mínimo", "Minimum"},
		"before": {"Antes", "Before"}, "after": {"Depois", "After"}, "when": {"Quando", "When"}, "who": {"Quem", "Who"}, "type": {"Tipo", "Type"},
		"route": {"De → para", "From → to"}, "from": {"De", "From"}, "until": {"Até", "Until"}, "why": {"Por quê?", "Why?"}, "reversal": {"Estorno", "Reversal"}, "reversed": {"Estornado", "Reversed"},
		"reverse": {"Estornar", "Reverse"}, "reverse.reason": {"Motivo do estorno", "Reason for the reversal"},
		"timeline": {"Linha do tempo", "Timeline"}, "timeline.none": {"Nenhum evento.", "No events."}, "asset": {"Ativo", "Asset"},

		"balance": {"Saldo", "Balance"}, "balance.asof": {"Saldo na data", "Balance on"}, "balance.show": {"Ver", "Show"}, "balance.now": {"Agora", "Now"},
		"balance.on": {"Como estava no fim do dia", "As it was at the end of"}, "balance.none": {"Sem saldo.", "No stock."},

		"tasks.title": {"Pendências", "Pending tasks"}, "tasks.none": {"Nada espera por decisão.", "Nothing waits for a decision."}, "task": {"Pendência", "Task"},
		"task.priority": {"Prioridade", "Priority"}, "task.what": {"O quê", "What"}, "task.reason": {"Motivo", "Reason"}, "task.by": {"Pedido por", "Asked by"},
		"task.expires": {"Expira", "Expires"}, "task.effect": {"Efeito no estoque", "Effect on stock"}, "task.noeffect": {"Não muda saldos.", "Changes no balance."},
		"task.why": {"Por que espera", "Why it waits"}, "task.rule": {"Regra", "Rule"}, "task.value": {"Valor", "Value"}, "task.evidence": {"Evidências", "Evidence"},
		"task.noevidence": {"Nenhuma", "None"}, "task.decided": {"Decidido por", "Decided by"}, "task.comment": {"Comentário", "Comment"},
		"task.exact": {"O comando exato", "The exact command"}, "task.approve": {"Aprovar", "Approve"}, "task.reject": {"Rejeitar", "Reject"},
		"task.reject.reason": {"Motivo da rejeição", "Reason for rejecting"},
		"task.notyours":      {"Espera a decisão de um aprovador que não seja quem pediu.", "Waits for an approver other than who asked."},
	}
	addStockWords(w)
	addReportWords(w)
	addTaskWords(w)
	return w
}

// addStockWords adds the sentences of the pages that show and move stock.
func addStockWords(w map[string][2]string) {
	for name, text := range map[string][2]string{
		"why.title": {"Por que esse saldo de", "Why this balance of"}, "why.movements": {"movimentos", "movements"}, "why.opening": {"Saldo antes desta página:", "Balance before this page:"},
		"why.change": {"Mudança", "Change"}, "why.because": {"Regra e documento", "Rule and document"}, "why.approved": {"aprovado por", "approved by"},
		"low.none": {"Nada abaixo do mínimo.", "Nothing below its minimum."}, "category": {"Categoria", "Category"}, "threshold": {"Alvo", "Target"}, "shortage": {"Falta", "Missing"},

		"move.title": {"Movimentar estoque", "Move stock"}, "move.choose": {"O que aconteceu?", "What happened?"}, "move.other": {"Trocar o tipo", "Change the type"},
		"move.post": {"Registrar", "Post"}, "move.serials": {"Um por linha: leia com o leitor, um após o outro.", "One a line: scan them one after the other."},
		"moved.title": {"Movimento", "Movement"}, "moved.done": {"Registrado", "Posted"}, "moved.waits": {"Espera aprovação", "Waits for approval"},
		"moved.task": {"Ver a pendência", "See the task"}, "moved.review": {"Marcado para revisão.", "Marked for review."},
		"moved.balances": {"Saldos depois do movimento", "Balances after the movement"}, "moved.again": {"Outro igual", "Another one"}, "moved.balance": {"Ver o saldo", "See the balance"},

		"field.part_number": {"Part number", "Part number"}, "field.quantity": {"Quantidade", "Quantity"}, "field.source_location_id": {"Local de origem", "Source location"},
		"field.destination_location_id": {"Local de destino", "Destination location"}, "field.project_id": {"Projeto", "Project"}, "field.condition": {"Condição", "Condition"},
		"field.serial_numbers": {"Números de série", "Serial numbers"}, "field.nf_number": {"Nota fiscal", "Invoice number"}, "field.reason_code": {"Motivo do ajuste", "Reason code"},
		"field.reason": {"Observação", "Remark"}, "field.ticket": {"Chamado", "Ticket"}, "field.movement_on": {"Data do movimento", "Movement date"},
		"field.file": {"Foto, nota fiscal ou comprovante", "Photo, invoice or receipt"}, "file.hint": {"JPEG, PNG, PDF, XML ou planilha, até 25 MB. Fica guardado como evidência.", "JPEG, PNG, PDF, XML or spreadsheet, up to 25 MB. It is kept as evidence."},
		"file.kept": {"Arquivo já recebido; não é preciso enviar de novo.", "File received already; no need to send it again."},
		"documents": {"Documentos", "Documents"}, "documents.none": {"Nenhum documento anexado.", "No document attached."}, "documents.add": {"Anexar arquivo", "Attach a file"},
		"documents.send": {"Anexar", "Attach"}, "documents.download": {"Baixar", "Download"}, "documents.by": {"anexado por", "attached by"}, "moved.see": {"Ver o movimento", "See the movement"},
		"field.reservation_id": {"Reserva (código)", "Reservation (id)"},
	} {
		w[name] = text
	}
}
