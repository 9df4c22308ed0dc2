package postgres

// Statements over keyed.items. A row whose expires_at has come ($now, in seconds) does not exist.
const (
	itemColumnNames = `pk, sk, version, expires_at, body, gsi1pk, gsi1sk, gsi2pk, gsi2sk, gsi3pk, gsi3sk, gsi4pk, gsi4sk, gsi5pk, gsi5sk, gsi6pk, gsi6sk`
	sqlItemSelect   = `SELECT ` + itemColumnNames + ` FROM keyed.items`

	sqlItemGet = sqlItemSelect + ` WHERE table_id = $1 AND pk = $2 AND sk = $3 AND (expires_at IS NULL OR expires_at > $4)`

	// $1 table, $2 to $18 the columns as arrays (those of indexes that the table does not have are empty),
	// $19 the condition: 0 always, 1 absent, 4 newer, $20 now. The rows come in order of their keys, so
	// that two writers of the same rows wait for each other instead of dying of it.
	sqlItemUpsert = `INSERT INTO keyed.items AS i (table_id, ` + itemColumnNames + `)
		SELECT $1, n.pk, n.sk, n.version, n.expires_at, n.body::json, n.a1, n.b1, n.a2, n.b2, n.a3, n.b3, n.a4, n.b4, n.a5, n.b5, n.a6, n.b6
		FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[])
			AS n(pk, sk, version, expires_at, body, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6)
		ON CONFLICT (table_id, pk, sk) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at, body = excluded.body,
			gsi1pk = excluded.gsi1pk, gsi1sk = excluded.gsi1sk, gsi2pk = excluded.gsi2pk, gsi2sk = excluded.gsi2sk,
			gsi3pk = excluded.gsi3pk, gsi3sk = excluded.gsi3sk, gsi4pk = excluded.gsi4pk, gsi4sk = excluded.gsi4sk,
			gsi5pk = excluded.gsi5pk, gsi5sk = excluded.gsi5sk, gsi6pk = excluded.gsi6pk, gsi6sk = excluded.gsi6sk
		WHERE $19::int = 0 OR i.expires_at <= $20 OR $19 = 4 AND i.version < excluded.version`

	// A row that must be there: $1 table, $2 to $18 the columns, $19 its version or null, $20 now.
	sqlItemUpdate = `UPDATE keyed.items SET version = $4, expires_at = $5, body = $6::text::json,
			gsi1pk = $7, gsi1sk = $8, gsi2pk = $9, gsi2sk = $10, gsi3pk = $11, gsi3sk = $12,
			gsi4pk = $13, gsi4sk = $14, gsi5pk = $15, gsi5sk = $16, gsi6pk = $17, gsi6sk = $18
		WHERE table_id = $1 AND pk = $2 AND sk = $3 AND (expires_at IS NULL OR expires_at > $20) AND ($19::bigint IS NULL OR version = $19)`

	// $4 the condition: 0 always, 2 present, 3 with version $5; $6 now.
	sqlItemDelete = `DELETE FROM keyed.items WHERE table_id = $1 AND pk = $2 AND sk = $3
		AND ($4::int = 0 OR (expires_at IS NULL OR expires_at > $6) AND ($4 = 2 OR version = $5))`

	// The locks of a transaction, in one order: a row that is not there is made, ended long ago, so that nobody
	// else can make it meanwhile; one that is there is locked and left alone.
	sqlItemLock = `INSERT INTO keyed.items AS i (table_id, pk, sk, version, expires_at, body)
		SELECT k.table_id, k.pk, k.sk, 0, 0, '{}' FROM unnest($1::text[], $2::text[], $3::text[]) AS k(table_id, pk, sk)
		ON CONFLICT (table_id, pk, sk) DO UPDATE SET version = i.version WHERE false`
	sqlItemLocked = `SELECT k.n, i.pk, i.sk, i.version, i.expires_at, i.body, i.gsi1pk, i.gsi1sk, i.gsi2pk, i.gsi2sk,
			i.gsi3pk, i.gsi3sk, i.gsi4pk, i.gsi4sk, i.gsi5pk, i.gsi5sk, i.gsi6pk, i.gsi6sk
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k(table_id, pk, sk, n)
		JOIN keyed.items i ON i.table_id = k.table_id AND i.pk = k.pk AND i.sk = k.sk
		WHERE i.expires_at IS NULL OR i.expires_at > $4`
	sqlItemRemove = `DELETE FROM keyed.items i USING unnest($1::text[], $2::text[], $3::text[]) AS k(table_id, pk, sk)
		WHERE i.table_id = k.table_id AND i.pk = k.pk AND i.sk = k.sk`

	// A partition is emptied, and what has ended is swept, in steps that hold their locks for a moment each.
	sqlItemEmpty = `DELETE FROM keyed.items i USING (SELECT sk FROM keyed.items WHERE table_id = $1 AND pk = $2 ORDER BY sk LIMIT $3 FOR UPDATE) AS d
		WHERE i.table_id = $1 AND i.pk = $2 AND i.sk = d.sk`
	sqlItemSweep = `DELETE FROM keyed.items i USING (SELECT table_id, pk, sk FROM keyed.items WHERE expires_at <= $1
			ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS d
		WHERE i.table_id = d.table_id AND i.pk = d.pk AND i.sk = d.sk AND i.expires_at <= $1`
)

// Queries: $1 table, $2 partition, $3 and $4 the range of the sort key, both ends included, $5 to $7 the
// place after which the page begins, $8 now, $9 how many.
const (
	whereItemLives = ` AND (expires_at IS NULL OR expires_at > $8) `

	sqlItemUp   = sqlItemSelect + ` WHERE table_id = $1 AND pk = $2 AND sk BETWEEN $3 AND $4 AND (sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY sk LIMIT $9`
	sqlItemDown = sqlItemSelect + ` WHERE table_id = $1 AND pk = $2 AND sk BETWEEN $3 AND $4 AND (sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY sk DESC LIMIT $9`

	sqlItemUp1 = sqlItemSelect + ` WHERE table_id = $1 AND gsi1pk = $2 AND gsi1sk BETWEEN $3 AND $4 AND (gsi1sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi1sk, pk, sk LIMIT $9`
	sqlItemUp2 = sqlItemSelect + ` WHERE table_id = $1 AND gsi2pk = $2 AND gsi2sk BETWEEN $3 AND $4 AND (gsi2sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi2sk, pk, sk LIMIT $9`
	sqlItemUp3 = sqlItemSelect + ` WHERE table_id = $1 AND gsi3pk = $2 AND gsi3sk BETWEEN $3 AND $4 AND (gsi3sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi3sk, pk, sk LIMIT $9`
	sqlItemUp4 = sqlItemSelect + ` WHERE table_id = $1 AND gsi4pk = $2 AND gsi4sk BETWEEN $3 AND $4 AND (gsi4sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi4sk, pk, sk LIMIT $9`
	sqlItemUp5 = sqlItemSelect + ` WHERE table_id = $1 AND gsi5pk = $2 AND gsi5sk BETWEEN $3 AND $4 AND (gsi5sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi5sk, pk, sk LIMIT $9`
	sqlItemUp6 = sqlItemSelect + ` WHERE table_id = $1 AND gsi6pk = $2 AND gsi6sk BETWEEN $3 AND $4 AND (gsi6sk, pk, sk) > ($5, $6, $7)` + whereItemLives + `ORDER BY gsi6sk, pk, sk LIMIT $9`

	sqlItemDown1 = sqlItemSelect + ` WHERE table_id = $1 AND gsi1pk = $2 AND gsi1sk BETWEEN $3 AND $4 AND (gsi1sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi1sk DESC, pk DESC, sk DESC LIMIT $9`
	sqlItemDown2 = sqlItemSelect + ` WHERE table_id = $1 AND gsi2pk = $2 AND gsi2sk BETWEEN $3 AND $4 AND (gsi2sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi2sk DESC, pk DESC, sk DESC LIMIT $9`
	sqlItemDown3 = sqlItemSelect + ` WHERE table_id = $1 AND gsi3pk = $2 AND gsi3sk BETWEEN $3 AND $4 AND (gsi3sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi3sk DESC, pk DESC, sk DESC LIMIT $9`
	sqlItemDown4 = sqlItemSelect + ` WHERE table_id = $1 AND gsi4pk = $2 AND gsi4sk BETWEEN $3 AND $4 AND (gsi4sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi4sk DESC, pk DESC, sk DESC LIMIT $9`
	sqlItemDown5 = sqlItemSelect + ` WHERE table_id = $1 AND gsi5pk = $2 AND gsi5sk BETWEEN $3 AND $4 AND (gsi5sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi5sk DESC, pk DESC, sk DESC LIMIT $9`
	sqlItemDown6 = sqlItemSelect + ` WHERE table_id = $1 AND gsi6pk = $2 AND gsi6sk BETWEEN $3 AND $4 AND (gsi6sk, pk, sk) < ($5, $6, $7)` + whereItemLives + `ORDER BY gsi6sk DESC, pk DESC, sk DESC LIMIT $9`
)

// itemQueries gives the statements by index, 0 for the table itself, ascending and descending.
func itemQueries() [maxItemIndexes + 1][2]string {
	return [...][2]string{{sqlItemUp, sqlItemDown}, {sqlItemUp1, sqlItemDown1}, {sqlItemUp2, sqlItemDown2}, {sqlItemUp3, sqlItemDown3},
		{sqlItemUp4, sqlItemDown4}, {sqlItemUp5, sqlItemDown5}, {sqlItemUp6, sqlItemDown6}}
}
