package config

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// ItemStore says where the keyed tables are.
type ItemStore string

// The keyed tables are in PostgreSQL or in DynamoDB.
const (
	ItemsPostgres ItemStore = "postgres"
	ItemsDynamoDB ItemStore = "dynamodb"
)

const (
	// ItemSweepEvery is how late an ended row leaves the disk in local mode: nobody can read it meanwhile.
	ItemSweepEvery = 10 * time.Minute
	// MaxItemConns is the pool of the keyed tables: the relay, the readers of tasks, the sweeper, one spare.
	MaxItemConns = 4
	// ItemsStart bounds making the tables on a local server that was given: it answers at once or is not there.
	ItemsStart = 15 * time.Second
)

// Items says where the keyed tables are and what they are called there.
type Items struct {
	Store    ItemStore         // NEXO_ITEMS; dynamodb in aws mode and with an endpoint, else postgres
	Endpoint string            // NEXO_DYNAMODB_ENDPOINT: a DynamoDB-compatible server on this machine; empty: AWS
	Region   string            // AWS_REGION; us-east-2 in the infrastructure document
	Names    map[string]string // NEXO_TABLE_…: names by the table's short name; one that is missing is as in the document
}

// tableVariables are the variables of the tables' names, by short name.
func tableVariables() map[string]string {
	return map[string]string{"inventory": "NEXO_TABLE_INVENTORY", "hil-tasks": "NEXO_TABLE_HIL_TASKS", "audit-log": "NEXO_TABLE_AUDIT_LOG",
		"sessions": "NEXO_TABLE_SESSIONS", "academy-trainings": "NEXO_TABLE_ACADEMY_TRAININGS"}
}

func loadItems(mode Mode, get func(name, fallback string) string) Items {
	i := Items{Endpoint: strings.TrimRight(get("NEXO_DYNAMODB_ENDPOINT", ""), "/"), Region: get("AWS_REGION", "us-east-2")}
	fallback := ItemsPostgres
	if mode == AWS || i.Endpoint != "" {
		fallback = ItemsDynamoDB
	}
	i.Store = ItemStore(get("NEXO_ITEMS", string(fallback)))
	for id, variable := range tableVariables() {
		if name := get(variable, ""); name != "" {
			if i.Names == nil {
				i.Names = map[string]string{}
			}
			i.Names[id] = name
		}
	}
	return i
}

// maxTableName is DynamoDB's limit (developer guide, "Naming rules").
const maxTableName = 255

func (c *Config) checkItems() error {
	i := &c.Items
	if !slices.Contains([]ItemStore{ItemsPostgres, ItemsDynamoDB}, i.Store) {
		return wrong("NEXO_ITEMS", "deve ser postgres ou dynamodb", "must be postgres or dynamodb")
	}
	for id, name := range i.Names {
		if len(name) < 3 || len(name) > maxTableName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" {
			return wrong(tableVariables()[id], "não é um nome de tabela do DynamoDB", "is no name of a DynamoDB table")
		}
	}
	if i.Endpoint == "" {
		if c.Mode == Local && i.Store == ItemsDynamoDB {
			return wrong("NEXO_DYNAMODB_ENDPOINT", "falta: no modo local, NEXO_ITEMS=dynamodb precisa de um servidor desta máquina",
				"is missing: in local mode NEXO_ITEMS=dynamodb needs a server on this machine")
		}
		return nil
	}
	u, err := url.Parse(i.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.User != nil {
		return wrong("NEXO_DYNAMODB_ENDPOINT", "deve ser http://endereço:porta", "must be http://address:port")
	}
	if c.Mode == Local && !Loopback(u.Hostname()) {
		return wrong("NEXO_DYNAMODB_ENDPOINT", "sai desta máquina: no modo local deve ser um endereço dela", "leaves this machine: in local mode it must be one of its addresses")
	}
	return nil
}
