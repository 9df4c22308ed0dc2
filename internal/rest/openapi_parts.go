package rest

import (
	"net/http"
	"strconv"

	"github.com/faiston/nexo/internal/fault"
)

// problemSchema describes problem (RFC 9457).
func problemSchema() object {
	text := func(pt, en string) object { return object{"type": "string", "description": pt + " / " + en} }
	return object{
		"type": "object", "required": []string{"type", "title", "status", "detail", "instance", "code", "message", "message_en", "retryable"},
		"properties": object{
			"type":       object{"type": "string", "format": "uri-reference"},
			"title":      text("O código por extenso", "The code in words"),
			"status":     object{"type": "integer"},
			"detail":     text("A mensagem, na língua do pedido", "The message, in the request's language"),
			"instance":   text("O pedido, para citar", "The request, to quote"),
			"code":       object{"type": "string", "enum": fault.Codes()},
			"message":    text("Uma frase em pt-BR", "One sentence in pt-BR"),
			"message_en": text("Uma frase em inglês", "One sentence in English"),
			"field":      text("O argumento em questão", "The argument at fault"),
			"retryable":  object{"type": "boolean", "description": "O mesmo pedido pode dar certo depois / The same request may succeed later"},
			"details":    object{"type": "object", "additionalProperties": true},
		},
	}
}

// problemResponses are the failures that every URL may answer, by status.
func problemResponses() object {
	out := object{}
	for _, status := range statuses() {
		r := object{"description": http.StatusText(status), "content": object{"application/problem+json": object{"schema": reference("problem")}}}
		headers := object{}
		switch status {
		case http.StatusUnauthorized, http.StatusForbidden:
			headers["WWW-Authenticate"] = object{"schema": object{"type": "string"}, "description": "RFC 6750, RFC 9728"}
		case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable:
			headers["Retry-After"] = object{"schema": object{"type": "integer"}, "description": "s"}
		}
		if len(headers) > 0 {
			r["headers"] = headers
		}
		out[strconv.Itoa(status)] = r
	}
	return out
}

// fixed describes the URLs that call no operation.
func (b *apiBook) fixed() {
	text := func(media string) object {
		return object{"description": "OK", "content": object{media: object{"schema": object{"type": "string"}}}}
	}
	plain := func(name string) object {
		return object{"name": name, "in": "query", "required": false, "schema": object{"type": "string"}}
	}
	b.add(apiPath+"/events", http.MethodGet, object{
		"operationId": "get_events", "tags": []string{"program"}, "summary": "Eventos ao vivo / Live events",
		"description": "Tarefas, movimentos, ativos e cadastros dos projetos e locais de quem pede. / Tasks, movements, assets and master data of the caller's projects and places.",
		"parameters": []any{plain("kinds"), plain("after"),
			object{"name": "Last-Event-ID", "in": "header", "required": false, "schema": object{"type": "string"}}},
		"responses": responses(text("text/event-stream")),
	})
	b.add(apiPath+"/openapi.json", http.MethodGet, object{
		"operationId": "get_openapi", "tags": []string{"program"}, "summary": "Este documento / This document",
		"description": "OpenAPI 3.1", "responses": responses(object{"description": "OK", "content": object{"application/json": object{"schema": object{"type": "object"}}}}),
	})
	b.documents()
	if b.operations[reconcileOperation] == nil {
		return
	}
	upload := b.called(reconcileOperation, "post_reconciliations", "reconciliations")
	binary := object{"schema": object{"type": "string", "format": "binary"}}
	upload["requestBody"] = object{"required": true, "content": object{
		"application/json": object{"schema": reference(reconcileOperation + "_input")},
		"text/csv":         binary, mediaXLSX: binary,
		"multipart/form-data": object{"schema": object{"type": "object", "required": []string{"file"},
			"properties": object{"file": object{"type": "string", "format": "binary"}}}},
	}}
	b.add(apiPath+"/reconciliations", http.MethodPost, upload)
}
