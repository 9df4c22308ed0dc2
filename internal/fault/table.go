package fault

// row says what a code is in each protocol.
type row struct {
	http      int
	jsonrpc   int
	retryable bool
	title     string // RFC 9457 title, in English
	titlePT   string
}

// tableOf is the one table from codes to protocols. JSON-RPC codes: -32602 is invalid params, -32603
// internal error, and -32000 to -32099 are free for servers (JSON-RPC 2.0, section 5.1).
func tableOf(c Code) row {
	switch c {
	case InvalidArgument:
		return row{400, -32602, false, "Invalid argument", "Argumento inválido"}
	case NotFound:
		return row{404, -32004, false, "Not found", "Não encontrado"}
	case AlreadyExists:
		return row{409, -32009, false, "Already exists", "Já existe"}
	case Conflict:
		return row{409, -32010, true, "Conflict", "Conflito"}
	case InsufficientStock:
		return row{409, -32011, false, "Insufficient stock", "Estoque insuficiente"}
	case IdempotencyMismatch:
		return row{409, -32012, false, "Idempotency key used with other arguments", "Chave de idempotência usada com outros argumentos"}
	case ApprovalRequired:
		return row{403, -32013, false, "Approval required", "Aprovação necessária"}
	case PermissionDenied:
		return row{403, -32003, false, "Permission denied", "Permissão negada"}
	case Unauthenticated:
		return row{401, -32001, false, "Unauthenticated", "Não autenticado"}
	case RateLimited:
		return row{429, -32029, true, "Rate limited", "Limite de uso atingido"}
	case Unavailable:
		return row{503, -32005, true, "Unavailable", "Indisponível"}
	}
	return row{500, -32603, false, "Internal error", "Erro interno"}
}

// Codes lists every code, in the order of the contract.
func Codes() []Code {
	return []Code{InvalidArgument, NotFound, AlreadyExists, Conflict, InsufficientStock, IdempotencyMismatch,
		ApprovalRequired, PermissionDenied, Unauthenticated, RateLimited, Unavailable, Internal}
}

// HTTP is the status that REST answers.
func (c Code) HTTP() int { return tableOf(c).http }

// JSONRPC is the code of a JSON-RPC protocol error.
func (c Code) JSONRPC() int { return tableOf(c).jsonrpc }

// Title is a short English name of the code, the "title" of problem details (RFC 9457, section 3.1.3).
func (c Code) Title() string { return tableOf(c).title }

// TitlePT is the same in pt-BR.
func (c Code) TitlePT() string { return tableOf(c).titlePT }
