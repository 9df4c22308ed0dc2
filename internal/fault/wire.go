package fault

// Body is the wire form of an Error, the same in every protocol.
type Body struct {
	Code      Code           `json:"code"`
	Message   string         `json:"message"`
	MessageEN string         `json:"message_en"`
	Field     string         `json:"field,omitempty"`
	Retryable bool           `json:"retryable"`
	Details   map[string]any `json:"details,omitempty"`
}

// Wire gives the part of e that may leave the program.
func (e *Error) Wire() Body {
	b := Body{Code: e.Code, Message: e.Message, MessageEN: e.MessageEN, Field: e.Field, Retryable: e.Retryable}
	for _, d := range e.Details {
		if b.Details == nil {
			b.Details = make(map[string]any, len(e.Details))
		}
		b.Details[d.Name] = d.Value
	}
	return b
}
