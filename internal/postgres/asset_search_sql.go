package postgres

// Conditions of every search: $1 and $2 what the caller may see; the rest is what earlier steps of the
// same search have already listed, so that no asset comes twice: $3 serial, $4 tag and $5 ticket in
// full, $6 to $8 their beginnings, $9 parts, $10 places, $11 assets. An empty text or list is none.
const unseen = `a.is_active AND ($1::int[] IS NULL OR a.project_key = ANY($1)) AND ($2::int[] IS NULL OR a.location_key = ANY($2))
	AND ($3::text = '' OR a.serial_key <> $3) AND ($4::text = '' OR upper(a.tag) <> $4) AND ($5::text = '' OR upper(a.ticket) <> $5)
	AND ($6::text = '' OR NOT starts_with(a.serial_key, $6)) AND ($7::text = '' OR NOT starts_with(upper(a.tag), $7))
	AND ($8::text = '' OR NOT starts_with(upper(a.ticket), $8))
	AND ($9::int[] IS NULL OR a.part_number_key <> ALL($9)) AND ($10::int[] IS NULL OR a.location_key <> ALL($10))
	AND ($11::bigint[] IS NULL OR a.asset_key <> ALL($11))`

// foundColumns is what a found asset shows.
const foundColumns = `a.asset_key, a.asset_id, a.part_number_key, a.serial_number, a.project_key, a.location_key, a.status::text, a.condition::text,
	a.last_movement_at, a.ticket, a.tag`

// Each statement gives the columns of an asset and two marks of its place in the order, a text and the
// asset's key; $12 is how many, $13 and $14 the marks after which it starts.
const (
	// sqlFindNamed finds by a whole serial ($15), tag ($16) or ticket ($17), in this order.
	sqlFindNamed = `SELECT ` + foundColumns + `, f.rank FROM (
			SELECT a.asset_key, CASE WHEN a.serial_key = $15 THEN '0' WHEN upper(a.tag) = $16 AND a.tag <> '' THEN '1' ELSE '2' END AS rank
			FROM sga.assets a WHERE (a.serial_key = $15::text OR a.tag <> '' AND upper(a.tag) COLLATE "C" = $16::text
				OR a.ticket <> '' AND upper(a.ticket) COLLATE "C" = $17::text) AND ` + unseen + `) f
		JOIN sga.assets a ON a.asset_key = f.asset_key
		WHERE (f.rank COLLATE "C", f.asset_key) > ($13::text, $14::bigint) ORDER BY f.rank COLLATE "C", f.asset_key LIMIT $12`

	// sqlFindKeys finds given assets ($15).
	sqlFindKeys = `SELECT ` + foundColumns + `, $13::text FROM sga.assets a
		WHERE a.asset_key = ANY($15::bigint[]) AND a.asset_key > $14::bigint AND ` + unseen + ` ORDER BY a.asset_key LIMIT $12`

	// sqlFindSerialPrefix, sqlFindTagPrefix and sqlFindTicketPrefix find what lies between the marks and $15, in the order of the text.
	// The marks are their only lower bound: given two, the server starts from the wrong one.
	sqlFindSerialPrefix = `SELECT ` + foundColumns + `, a.serial_key FROM sga.assets a
		WHERE a.serial_key < $15::text AND (a.serial_key, a.asset_key) > ($13::text, $14::bigint) AND ` + unseen + `
		ORDER BY a.serial_key, a.asset_key LIMIT $12`

	sqlFindTagPrefix = `SELECT ` + foundColumns + `, upper(a.tag) FROM sga.assets a
		WHERE a.tag <> '' AND upper(a.tag) COLLATE "C" < $15::text
			AND (upper(a.tag) COLLATE "C", a.asset_key) > ($13::text, $14::bigint) AND ` + unseen + `
		ORDER BY upper(a.tag) COLLATE "C", a.asset_key LIMIT $12`

	sqlFindTicketPrefix = `SELECT ` + foundColumns + `, upper(a.ticket) FROM sga.assets a
		WHERE a.ticket <> '' AND upper(a.ticket) COLLATE "C" < $15::text
			AND (upper(a.ticket) COLLATE "C", a.asset_key) > ($13::text, $14::bigint) AND ` + unseen + `
		ORDER BY upper(a.ticket) COLLATE "C", a.asset_key LIMIT $12`

	// sqlFindOfParts finds the assets of parts ($15, in order), by serial; $13 is the serial after which the first part starts.
	sqlFindOfParts = `SELECT ` + foundColumns + `, (f.place - 1)::text FROM (
			SELECT k.place, s.asset_key, s.serial_key FROM unnest($15::int[]) WITH ORDINALITY k (part_number_key, place)
			CROSS JOIN LATERAL (SELECT a.asset_key, a.serial_key FROM sga.assets a
				WHERE a.part_number_key = k.part_number_key AND a.serial_key > CASE WHEN k.place = 1 THEN $13::text ELSE '' END AND $14::bigint IS NOT NULL
					AND ` + unseen + ` ORDER BY a.serial_key LIMIT $12) s
			ORDER BY k.place, s.serial_key LIMIT $12) f
		JOIN sga.assets a ON a.asset_key = f.asset_key ORDER BY f.place, f.serial_key`

	// sqlFindAtPlaces finds the assets at places ($15, in order); $14 is the asset after which the first place starts.
	sqlFindAtPlaces = `SELECT ` + foundColumns + `, (f.place - 1)::text FROM (
			SELECT k.place, s.asset_key FROM unnest($15::int[]) WITH ORDINALITY k (location_key, place)
			CROSS JOIN LATERAL (SELECT a.asset_key FROM sga.assets a
				WHERE a.location_key = k.location_key AND a.asset_key > CASE WHEN k.place = 1 THEN $14::bigint ELSE 0 END AND $13::text IS NOT NULL
					AND ` + unseen + ` ORDER BY a.asset_key LIMIT $12) s
			ORDER BY k.place, s.asset_key LIMIT $12) f
		JOIN sga.assets a ON a.asset_key = f.asset_key ORDER BY f.place, f.asset_key`

	// sqlFindScattered reads up to $16 serials in an order that has nothing to do with them and keeps those that contain $15.
	sqlFindScattered = `SELECT ` + foundColumns + `, f.mark::text FROM (
			SELECT hashint8(s.asset_key) AS mark, s.asset_key, s.serial_key FROM sga.assets s
			WHERE (hashint8(s.asset_key), s.asset_key) > ($13::text::int, $14::bigint)
			ORDER BY hashint8(s.asset_key), s.asset_key LIMIT $16::bigint) f
		JOIN sga.assets a ON a.asset_key = f.asset_key
		WHERE f.serial_key LIKE $15::text AND ` + unseen + ` ORDER BY f.mark, f.asset_key LIMIT $12`

	// sqlFindContaining reads every serial that contains $16, by the trigrams of a piece of it ($15), then sorts. Only for rare pieces.
	sqlFindContaining = `WITH f AS MATERIALIZED (SELECT a.asset_key, a.serial_key FROM sga.assets a WHERE a.serial_key LIKE $15::text
			AND strpos(a.serial_key, $16::text) > 0 AND ` + unseen + `)
		SELECT ` + foundColumns + `, f.serial_key FROM (SELECT f.asset_key, f.serial_key FROM f
			WHERE (f.serial_key, f.asset_key) > ($13::text COLLATE "C", $14::bigint) ORDER BY f.serial_key, f.asset_key LIMIT $12) f
		JOIN sga.assets a ON a.asset_key = f.asset_key ORDER BY f.serial_key, f.asset_key`

	// sqlFindVariants finds serials out of a list ($15).
	sqlFindVariants = `SELECT ` + foundColumns + `, a.serial_key FROM sga.assets a
		WHERE a.serial_key = ANY($15::text[]) AND (a.serial_key, a.asset_key) > ($13::text, $14::bigint) AND ` + unseen + `
		ORDER BY a.serial_key, a.asset_key LIMIT $12`

	// sqlTicketAssets gives the assets that any movement of a ticket moved.
	sqlTicketAssets = `SELECT DISTINCT e.asset_key FROM sga.movements m JOIN sga.asset_events e ON e.movement_id = m.movement_id
		WHERE m.ticket <> '' AND upper(m.ticket) COLLATE "C" = $1 ORDER BY e.asset_key LIMIT $2`
)
