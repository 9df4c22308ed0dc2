package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	sqlBareBalance = `SELECT l.location_code, l.location_name, j.project_code, b.condition::text, b.quantity_total::text, b.quantity_reserved::text,
	b.last_movement_at
	FROM sga.part_numbers p JOIN sga.balances b USING (part_number_key) JOIN sga.locations l USING (location_key) JOIN sga.projects j USING (project_key)
	WHERE p.part_number_folded = $1 AND b.quantity_total > 0 ORDER BY b.location_key, b.project_key, b.condition`
)

// barePool is as many connections as our readers have.
const barePool = 16

// serveBare is net/http straight on pgx: no token, no protocol, no checks, no audit.
func serveBare(ctx context.Context, t task) error {
	cfg, err := pgxpool.ParseConfig(t.DSN)
	if err != nil {
		return err
	}
	cfg.MaxConns = barePool
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /balance", func(w http.ResponseWriter, r *http.Request) {
		body, err := bareBalance(r.Context(), pool, r.FormValue("part"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})
	return serve(ctx, func(string) (http.Handler, string, error) { return mux, "", nil })
}

func bareBalance(ctx context.Context, pool *pgxpool.Pool, part string) ([]byte, error) {
	rows, err := pool.Query(ctx, sqlBareBalance, part)
	if err != nil {
		return nil, err
	}
	body := append([]byte(`{"part_number":`), strconv.Quote(part)...)
	body = append(body, `,"by_location":[`...)
	var code, name, project, condition, total, reserved string
	var moved *time.Time
	_, err = pgx.ForEachRow(rows, []any{&code, &name, &project, &condition, &total, &reserved, &moved}, func() error {
		if body[len(body)-1] == '}' {
			body = append(body, ',')
		}
		for i, field := range []string{code, name, project, condition} {
			body = append(append(body, `{,,,`[i]), []string{`"location_code":"`, `"location_name":"`, `"project_code":"`, `"condition":"`}[i]...)
			body = append(append(body, field...), '"')
		}
		body = append(append(append(body, `,"quantity_total":`...), total...), `,"quantity_reserved":`...)
		body = append(append(body, reserved...), `,"last_movement_at":"`...)
		if moved != nil {
			body = moved.AppendFormat(body, time.RFC3339)
		}
		body = append(body, `"}`...)
		return nil
	})
	return append(body, "]}"...), err
}

type enumIn struct {
	Name string `json:"enum_name" jsonschema:"name of the list"`
}

type enumOut struct {
	Name   string   `json:"enum_name"`
	Values []string `json:"values"`
}

// serveSDK is a typed tool of the official SDK that does nothing.
func serveSDK(ctx context.Context, _ task) error {
	server := mcp.NewServer(&mcp.Implementation{Name: "limit", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "sga_get_enum_values", Description: "no-op"},
		func(_ context.Context, _ *mcp.CallToolRequest, in enumIn) (*mcp.CallToolResult, enumOut, error) {
			return nil, enumOut{Name: in.Name, Values: []string{"NEW", "USED", "REFURBISHED", "DAMAGED", "DEFECTIVE"}}, nil
		})
	return serve(ctx, func(string) (http.Handler, string, error) {
		return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server },
			&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true, DisableLocalhostProtection: true}), "", nil
	})
}
