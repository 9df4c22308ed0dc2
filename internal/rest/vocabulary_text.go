package rest

// labels adds how people call the words of the vocabularies; the words themselves are the contract's.
func labels(w map[string][2]string) {
	for kind, list := range map[string]map[string][2]string{
		"movement_type": {
			"ENTRADA": {"Entrada", "Receipt"}, "SAIDA": {"Saída", "Issue"}, "TRANSFERENCIA": {"Transferência", "Transfer"}, "RESERVA": {"Reserva", "Reservation"},
			"LIBERACAO": {"Liberação de reserva", "Release of a reservation"}, "AJUSTE_POSITIVO": {"Ajuste para mais", "Adjustment up"},
			"AJUSTE_NEGATIVO": {"Ajuste para menos", "Adjustment down"}, "EXPEDICAO": {"Expedição", "Dispatch"}, "REVERSA": {"Reversa", "Return"},
			"STATE_CHANGE": {"Mudança de situação", "Change of status"},
		},
		"move_hint": {
			"ENTRADA": {"Chegou material", "Goods arrived"}, "SAIDA": {"Foi usado ou entregue", "Was used or handed out"}, "TRANSFERENCIA": {"Mudou de local", "Went to another place"},
			"RESERVA": {"Guardar para um chamado", "Keep for a ticket"}, "LIBERACAO": {"Devolver o que estava reservado", "Give back what was reserved"},
			"AJUSTE_POSITIVO": {"Sobrou na contagem; espera aprovação", "Surplus in a count; waits for approval"},
			"AJUSTE_NEGATIVO": {"Faltou na contagem; espera aprovação", "Missing in a count; waits for approval"},
			"EXPEDICAO":       {"Saiu para o cliente", "Left for the customer"}, "REVERSA": {"Voltou do campo", "Came back from the field"},
		},
		"condition": {
			"NEW": {"Novo", "New"}, "USED": {"Usado", "Used"}, "REFURBISHED": {"Recondicionado", "Refurbished"}, "DAMAGED": {"Danificado", "Damaged"}, "DEFECTIVE": {"Com defeito", "Defective"},
		},
		"asset_status": {
			"IN_STOCK": {"Em estoque", "In stock"}, "RESERVED": {"Reservado", "Reserved"}, "IN_STAGING": {"Em preparação", "In staging"}, "IN_TRANSIT": {"Em trânsito", "In transit"},
			"IN_USE": {"Em uso", "In use"}, "AWAITING_REVERSE": {"Aguarda reversa", "Awaiting return"}, "IN_REVERSE": {"Em reversa", "In return"},
			"UNDER_MAINTENANCE": {"Em manutenção", "Under maintenance"}, "BAD": {"Ruim", "Bad"}, "QUARANTINE": {"Quarentena", "Quarantine"}, "DISPOSAL": {"Descarte", "Disposal"}, "MISSING": {"Extraviado", "Missing"},
		},
		"task_type": {
			"APPROVAL_ENTRY": {"Aprovar entrada", "Approve receipt"}, "APPROVAL_EXIT": {"Aprovar saída", "Approve issue"}, "APPROVAL_ADJUSTMENT": {"Aprovar ajuste", "Approve adjustment"},
			"APPROVAL_TRANSFER": {"Aprovar transferência", "Approve transfer"}, "APPROVAL_NEW_PN": {"Aprovar cadastro", "Approve master data"}, "APPROVAL_DISPOSAL": {"Aprovar descarte", "Approve disposal"},
			"DIVERGENCE_RESOLUTION": {"Resolver divergência", "Resolve divergence"}, "DOCUMENT_REVIEW": {"Revisar documento", "Review document"}, "QUALITY_CHECK": {"Conferir", "Quality check"}, "ESCALATION": {"Escalada", "Escalation"},
		},
		"task_status": {
			"PENDING": {"Pendente", "Pending"}, "IN_PROGRESS": {"Em andamento", "In progress"}, "APPROVED": {"Aprovada", "Approved"}, "REJECTED": {"Rejeitada", "Rejected"},
			"COMPLETED": {"Concluída", "Completed"}, "EXPIRED": {"Expirada", "Expired"},
		},
		"document_kind": {
			"NF_XML": {"NF-e (XML)", "Invoice (XML)"}, "NF_PDF": {"DANFE", "Invoice (PDF)"}, "PHOTO": {"Foto", "Photo"}, "SIGNATURE": {"Assinatura", "Signature"},
			"DOCUMENT": {"Documento", "Document"}, "MANUAL": {"Manual", "Manual"}, "SPREADSHEET": {"Planilha", "Spreadsheet"}, "EXPORT": {"Exportação", "Export"}, "OTHER": {"Outro", "Other"},
		},
		"risk_class": {"LOW": {"Risco baixo", "Low risk"}, "MEDIUM": {"Risco médio", "Medium risk"}, "HIGH": {"Risco alto", "High risk"}, "CRITICAL": {"Risco crítico", "Critical risk"}},
		"task_change": {
			"task_assigned": {"Responsável alterado", "Assigned"}, "task_escalated": {"Escalada", "Escalated"}, "task_voted": {"Aprovação registrada", "Approval recorded"},
			"task_renewed": {"O efeito mudou: aprovações anteriores não valem mais", "The effect changed: earlier approvals are void"}, "task_expired": {"Venceu: ninguém decidiu", "Expired: nobody decided"},
			"task_approved": {"Aprovada", "Approved"}, "task_rejected": {"Rejeitada", "Rejected"},
		},
		"task_fact": {
			"movement_type": {"tipo", "type"}, "reason_code": {"motivo", "reason"}, "part_number": {"peça", "part"}, "locations": {"locais", "places"}, "condition": {"condição", "condition"},
			"proposer": {"quem pediu", "who asked"}, "proposed_by_kind": {"pessoa ou agente", "person or agent"}, "on_behalf_of": {"em nome de", "on behalf of"},
			"evidence": {"evidência", "evidence"}, "ticket": {"chamado", "ticket"}, "invoice": {"nota fiscal", "invoice"}, "backdated": {"data passada", "back-dated"},
			"confidence": {"confiança", "confidence"}, "value_band": {"faixa de valor", "value band"}, "steps": {"vários passos", "several steps"}, "quantity": {"quantidade", "quantity"}, "value": {"valor", "value"},
		},
		"priority": {"LOW": {"Baixa", "Low"}, "MEDIUM": {"Média", "Medium"}, "HIGH": {"Alta", "High"}, "URGENT": {"Urgente", "Urgent"}},
		"kind":     {"person": {"Pessoa", "Person"}, "agent": {"Agente", "Agent"}, "service": {"Serviço", "Service"}, "system": {"Sistema", "System"}},
		"stock_status": {
			"OUT_OF_STOCK": {"Sem estoque", "Out of stock"}, "LOW_STOCK": {"Baixo", "Low"}, "IN_STOCK": {"Em estoque", "In stock"},
		},
		"reason_code": {
			"DIVERGENCIA_INVENTARIO": {"Divergência de inventário", "Count difference"}, "CORRECAO_SISTEMA": {"Correção do sistema", "System correction"}, "DANIFICADO": {"Danificado", "Damaged"},
			"EXTRAVIO": {"Extravio", "Lost"}, "LOCALIZACAO_INCORRETA": {"Localização incorreta", "Wrong place"}, "DESCARTE": {"Descarte", "Disposal"}, "OUTRO": {"Outro", "Other"},
		},
	} {
		for word, text := range list {
			w[kind+"."+word] = text
		}
	}
}
