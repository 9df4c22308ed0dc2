package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

func (l *ledger) verify() *stock.Verification {
	l.t.Helper()
	out, err := l.db.Verify(l.t.Context(), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

// tamper changes rows as the owner of the database, past the triggers that refuse it (T-01).
func (l *ledger) tamper(statement string) {
	l.t.Helper()
	err := pgx.BeginFunc(l.t.Context(), l.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(l.t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		tag, err := tx.Exec(l.t.Context(), statement)
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("%q changed nothing", statement)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// lives gives the company a serialised asset that came in and was moved.
func (l *ledger) lives() {
	l.exec(`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, is_serialized, catalog_version)
		VALUES (20, gen_random_uuid(), 'AP-1', 'AP-1', 'AP', true, 3)`)
	l.exec(`UPDATE sga.catalog_version SET version = 3`)
	l.exec(`INSERT INTO sga.assets (asset_key, asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition, version)
		VALUES (7, gen_random_uuid(), 20, 'S1', 'S1', 11, 14, 'IN_STOCK', 'NEW', 2)`)
	for v, m := range []move{{kind: stock.Entrada, part: 20, to: keySPA, project: keyNTT}, {kind: stock.Transferencia, part: 20, from: keySPA, to: keyRJ, project: keyNTT}} {
		row := l.post(m)
		l.exec(`INSERT INTO sga.asset_events (asset_key, version, sequence, movement_id, recorded_at, event_on, from_status, to_status, from_location_key, to_location_key,
			from_condition, to_condition, from_project_key, to_project_key, is_active, actor_id) VALUES (7, $1, $2, $3, $4, $5, $6::text::sga.asset_status, 'IN_STOCK',
			$7, $8, $9::text::sga.condition, 'NEW', $10, 11, true, $11)`, v+1, row.Sequence, row.ID, row.RecordedAt, row.MovementOn.Time(),
			[]any{nil, "IN_STOCK"}[v], []any{nil, 12}[v], int32(row.Destination), []any{nil, "NEW"}[v], []any{nil, 11}[v], l.actor)
	}
}

func TestVerifyASoundLedger(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	l.lives()
	l.assign()
	l.post(move{kind: stock.Entrada, part: keyIdle, to: keySPB}) // still in the outbox
	got := l.verify()
	if len(got.Findings) != 0 || got.Movements != 14 || got.AssetEvents != 2 || got.Assets != 1 || got.Events != 13 || got.Balances != 8 {
		t.Errorf("%+v", got)
	}
}

func TestVerifyTellsProgress(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	var calls int
	if _, err := l.db.Verify(t.Context(), func(done, total int64) {
		calls++
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
	}); err != nil || calls == 0 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ change, want string }{
		"a balance":            {`UPDATE sga.balances SET quantity_total = quantity_total + 1 WHERE part_number_key = 11 AND location_key = 14`, "I1: Balance ISR4331 @ RJ / NTT NEW is 4"},
		"a reserved quantity":  {`UPDATE sga.balances SET quantity_reserved = 1 WHERE part_number_key = 11 AND location_key = 14`, "I1: Balance ISR4331 @ RJ"},
		"a version":            {`UPDATE sga.balances SET version = version + 1 WHERE part_number_key = 12`, "I1: Balance cabo-utp"},
		"a balance is gone":    {`DELETE FROM sga.balances WHERE part_number_key = 12`, "I9: Balance cabo-utp @ SP-B / GERAL NEW is missing"},
		"a quantity":           {`UPDATE sga.movements SET quantity = 11 WHERE sequence = (SELECT min(sequence) FROM sga.movements)`, "I1: Balance ISR4331 @ SP-A"},
		"a movement is gone":   {`DELETE FROM sga.movements WHERE movement_type = 'TRANSFERENCIA' AND part_number_key = 11`, "I5: Movement"},
		"the tail is cut":      {`DELETE FROM sga.movements WHERE sequence = (SELECT max(sequence) FROM sga.movements)`, "I1: Balance AP-1"},
		"two rows swapped":     {`UPDATE sga.movements m SET source_version = 9 - source_version WHERE movement_type = 'RESERVA' AND source_version IN (4, 5)`, ""},
		"nobody did it":        {`UPDATE sga.movements SET actor_id = '00000000-0000-0000-0000-000000000000' WHERE movement_type = 'SAIDA'`, "I7: Movement"},
		"no rule allowed it":   {`UPDATE sga.movements SET rule = '' WHERE movement_type = 'SAIDA'`, "I7: Movement"},
		"a task of nobody":     {`UPDATE sga.movements SET task_id = gen_random_uuid(), approved_by = gen_random_uuid() WHERE movement_type = 'SAIDA'`, "I8: What was executed"},
		"an identity is gone":  {`DELETE FROM sga.movement_ids WHERE sequence = (SELECT min(sequence) FROM sga.movements)`, "I6: Movement"},
		"an identity too many": {`INSERT INTO sga.movement_ids VALUES (gen_random_uuid(), 1)`, "I6: Movement"},
		"an edited reversal":   {`UPDATE sga.movements SET movement_on = '2020-01-01' WHERE quantity < 0`, "I6: Reversal"},
		"an asset moved":       {`UPDATE sga.assets SET location_key = 12`, "I3: Asset"},
		"an asset's state":     {`UPDATE sga.assets SET status = 'BAD'`, "I3: Asset"},
		"a gap in a history":   {`DELETE FROM sga.asset_events WHERE version = 1`, "I3: The history"},
		"an overlap":           {`UPDATE sga.asset_events SET from_location_key = 14 WHERE version = 2`, "I3: The history"},
		"an asset is gone":     {`DELETE FROM sga.assets`, "I3: There is a history without an asset"},
		"a serial from nowhere": {`INSERT INTO sga.assets (asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition)
			VALUES (gen_random_uuid(), 20, 'S2', 'S2', 11, 14, 'IN_STOCK', 'NEW')`, "I3: "},
		"an event is gone":    {`DELETE FROM sga.event_log WHERE position = 3`, "I12: "},
		"an event invented":   {`UPDATE sga.event_log SET position = 100 WHERE position = 3`, "I12: Position 4"},
		"time goes back":      {`UPDATE sga.event_log SET known_at = known_at - interval '1 day' WHERE position = 5`, "I12: Position 5"},
		"delivered and again": {`INSERT INTO sga.outbox SELECT sequence, kind, entity_id, known_at FROM sga.event_log WHERE position = 2`, "I12: Movement"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLedger(t)
			l.fill()
			l.lives()
			l.assign()
			if err := l.db.refreshCatalog(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.tamper(tc.change)
			got := l.verify().Findings
			if len(got) == 0 {
				t.Fatal("nothing was found")
			}
			if first := got[0].Invariant + ": " + got[0].MessageEN; !strings.HasPrefix(first, tc.want) {
				t.Errorf("first finding %q, want %q", first, tc.want)
			}
			for _, f := range got {
				if f.Invariant == "I7" && (f.Sequence == 0 || f.RecordedAt.IsZero()) {
					t.Errorf("says no row or date: %+v", f)
				}
			}
		})
	}
}

func TestVerifyEndsEarly(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	for range 30 {
		l.post(move{kind: stock.Entrada, part: keyIdle, to: keySPB})
	}
	l.tamper(`UPDATE sga.movements SET rule = ''`)
	if got := l.verify(); len(got.Findings) != stock.MaxFindings {
		t.Errorf("%d findings", len(got.Findings))
	}
}
