package item

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// SessionLife is how long a session lives after it was last active (dynamodb-s3 page: expiresAt, + 30 d).
const SessionLife = 30 * 24 * time.Hour

// SessionShards spread the index keys that all sessions of a status or an agent share.
const SessionShards = 4

// SessionStatus is what a session does.
type SessionStatus string

// Statuses of a session.
const (
	SessionActive     SessionStatus = "ACTIVE"
	SessionIdle       SessionStatus = "IDLE"
	SessionTerminated SessionStatus = "TERMINATED"
	SessionExpired    SessionStatus = "EXPIRED"
)

// Session is a conversation of a person with an agent, with what the agent remembers of it.
type Session struct {
	ID           string          `json:"-"`
	Version      int64           `json:"-"` // of the stored item; 0 of one that is new
	UserID       string          `json:"user_id"`
	AgentType    string          `json:"agent_type"`
	CreatedAt    time.Time       `json:"created_at"`
	LastActiveAt time.Time       `json:"last_active_at"`
	LastAction   string          `json:"last_action"`
	TurnCount    int64           `json:"turn_count"`
	Status       SessionStatus   `json:"status"`
	Memory       json.RawMessage `json:"memory,omitempty"` // a JSON object, the agent's own
}

// Item gives the session as its next version is stored: it ends SessionLife after it was last active.
func (s *Session) Item() (*Item, error) {
	if !slices.Contains([]SessionStatus{SessionActive, SessionIdle, SessionTerminated, SessionExpired}, s.Status) {
		return nil, invalid("status", "O estado da sessão é desconhecido.", "The session's status is unknown.")
	}
	if s.ID == "" || s.UserID == "" || s.AgentType == "" {
		return nil, invalid("session_id", "A sessão precisa de um id, de uma pessoa e de um agente.", "A session needs an id, a person and an agent.")
	}
	body, err := bodyOf(s)
	if err != nil {
		return nil, err
	}
	at := stamp(s.LastActiveAt) + "#" + s.ID
	return &Item{Key: Key{Partition: s.ID}, Version: s.Version + 1, ExpiresAt: s.LastActiveAt.Add(SessionLife).Truncate(time.Second).UTC(), Body: body,
		Index: map[string]Key{
			SessionByUser:   {UserKey(s.UserID), at},
			SessionByAgent:  {shardKey("AGENT#"+s.AgentType, s.ID), at},
			SessionByStatus: {shardKey("STATUS#"+string(s.Status), s.ID), at},
		}}, nil
}

// SessionOf reads a session.
func SessionOf(it *Item) (*Session, error) {
	s := &Session{}
	if err := json.Unmarshal(it.Body, s); err != nil {
		return nil, damaged(err)
	}
	s.ID, s.Version = it.Partition, it.Version
	return s, nil
}

// SessionsOfUser reads the sessions of a person, the last active first.
func SessionsOfUser(ctx context.Context, s Store, user, cursor string) (Page, error) {
	return s.Query(ctx, Sessions(), Query{Index: SessionByUser, Partition: UserKey(user), Descending: true, Cursor: cursor})
}

// SessionsOfAgent reads the sessions of an agent that were last active, up to limit.
func SessionsOfAgent(ctx context.Context, s Store, agent string, limit int) ([]Item, error) {
	return latest(ctx, s, Sessions(), Query{Index: SessionByAgent, Partition: "AGENT#" + agent, Limit: limit})
}

// SessionsOfStatus reads the sessions of a status that were last active, up to limit.
func SessionsOfStatus(ctx context.Context, s Store, status SessionStatus, limit int) ([]Item, error) {
	return latest(ctx, s, Sessions(), Query{Index: SessionByStatus, Partition: "STATUS#" + string(status), Limit: limit})
}

// UserKey is the partition of a person's items in an index.
func UserKey(user string) string { return "USER#" + user }

// shardKey spreads an index key by the id of the item.
func shardKey(key, id string) string { return key + "#" + strconv.Itoa(Shard(id, SessionShards)) }

// latest asks all shards of an index key and gives what comes last in its order, the last first.
func latest(ctx context.Context, s Store, t *Table, q Query) ([]Item, error) {
	q.Descending = true
	key, index := q.Partition, q.Index
	var all []Item
	for n := range SessionShards {
		q.Partition = key + "#" + strconv.Itoa(n)
		page, err := s.Query(ctx, t, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
	}
	slices.SortFunc(all, func(a, b Item) int { return cmp.Compare(b.Index[index].Sort, a.Index[index].Sort) })
	return all[:min(len(all), q.Size())], nil
}

// stamp writes a time so that texts sort as times do.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// bodyOf gives the canonical body of a value.
func bodyOf(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, invalid("memory", "A memória não é JSON.", "The memory is no JSON.").Because(err)
	}
	return Canonical(raw)
}

func damaged(err error) error {
	return fault.Internal.With("Um registro está danificado.", "A record is damaged.").Because(fmt.Errorf("item: body: %w", err))
}
