-- +goose NO TRANSACTION
-- +goose Up
-- The audit in partitions, each of 4,000,000 numbers, so that whole ones can be dropped by policy. The table that is there
-- becomes the first one. Every step can be done again after an interruption, and none holds back writers for longer than
-- half a second: a step that does not get its lock in that time gives up its place in the queue and comes again.

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sga.patiently(command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR attempt IN 1 .. 1000 LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '500ms', true);
            EXECUTE command;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.1 + random() / 5);
        END;
    END LOOP;
    RAISE EXCEPTION 'a table stayed locked';
END $$;
-- +goose StatementEnd

-- Where a call came from. Null in rows of the program before, and in those that it still writes.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'sga.audit_log'::regclass AND attname = 'origin') THEN
        PERFORM sga.patiently('ALTER TABLE sga.audit_log ADD COLUMN origin text');
    END IF;
END $$;
-- +goose StatementEnd

-- The end of the first partition: at least a million numbers from here, for what is written meanwhile.
-- +goose StatementBegin
DO $$
DECLARE
    bound bigint := (SELECT (coalesce(max(audit_id), 0) + 1000000) / 4000000 * 4000000 + 4000000 FROM sga.audit_log);
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'sga.audit_log'::regclass) = 'r'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'sga.audit_log'::regclass AND conname = 'audit_log_first') THEN
        PERFORM sga.patiently(format('ALTER TABLE sga.audit_log ADD CONSTRAINT audit_log_first CHECK (audit_id < %s) NOT VALID', bound));
    END IF;
END $$;
-- +goose StatementEnd

-- Reads the whole table and lets everybody write meanwhile.
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'sga.audit_log'::regclass AND conname = 'audit_log_first' AND NOT convalidated) THEN
        PERFORM sga.patiently('ALTER TABLE sga.audit_log VALIDATE CONSTRAINT audit_log_first');
    END IF;
END $$;
-- +goose StatementEnd

-- The exchange touches the catalogue only: the constraint spares the scan, the indexes are there already. Whoever inserts
-- holds a lock on the table above the partitions until the end of the transaction (audit_follow.go relies on it), so nobody
-- may insert into a partition itself.
-- +goose StatementBegin
DO $$
DECLARE
    bound text := (SELECT substring(pg_get_constraintdef(oid) from '[0-9]{7,}') FROM pg_constraint
        WHERE conrelid = 'sga.audit_log'::regclass AND conname = 'audit_log_first');
BEGIN
    IF bound IS NULL THEN
        RETURN;
    END IF;
    PERFORM sga.patiently(format($swap$
        LOCK TABLE sga.audit_log IN ACCESS EXCLUSIVE MODE;
        CREATE SEQUENCE sga.audit_log_ids AS bigint CACHE 1;
        SELECT setval('sga.audit_log_ids', s.last_value, s.is_called) FROM sga.audit_log_audit_id_seq s;
        ALTER TABLE sga.audit_log RENAME TO audit_log_0;
        ALTER INDEX sga.audit_log_pkey RENAME TO audit_log_0_pkey;
        ALTER INDEX sga.audit_log_actor RENAME TO audit_log_0_actor;
        ALTER TABLE sga.audit_log_0 ALTER audit_id DROP IDENTITY;
        CREATE TABLE sga.audit_log (LIKE sga.audit_log_0 INCLUDING DEFAULTS, PRIMARY KEY (audit_id)) PARTITION BY RANGE (audit_id);
        ALTER TABLE sga.audit_log ALTER audit_id SET DEFAULT nextval('sga.audit_log_ids');
        ALTER SEQUENCE sga.audit_log_ids OWNED BY sga.audit_log.audit_id;
        CREATE INDEX audit_log_actor ON sga.audit_log (actor_id, audit_id);
        ALTER TABLE sga.audit_log ATTACH PARTITION sga.audit_log_0 FOR VALUES FROM (MINVALUE) TO (%s);
        ALTER TABLE sga.audit_log_0 DROP CONSTRAINT audit_log_first;
        CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();
        GRANT SELECT ON sga.audit_log TO nexo_writer, nexo_reader;
        GRANT INSERT ON sga.audit_log TO nexo_writer;
        GRANT USAGE ON SEQUENCE sga.audit_log_ids TO nexo_writer;
        REVOKE ALL ON sga.audit_log_0 FROM nexo_writer, nexo_reader;
    $swap$, bound));
END $$;
-- +goose StatementEnd

DROP FUNCTION sga.patiently;

-- Makes partitions until at least three whole ones lie ahead of the number that is next, and returns how many it made. The
-- writer may call it and can make nothing else. ATTACH lets everybody write meanwhile; CREATE TABLE ... PARTITION OF would not.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sga.ensure_audit_partitions() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    width CONSTANT bigint := 4000000;
    bound bigint;
    next_id bigint;
    made int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(2031177290551); -- two that make the same one would both fail
    SELECT last_value INTO next_id FROM sga.audit_log_ids;
    SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9]+)''\)')::bigint) INTO bound
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'sga.audit_log'::regclass;
    WHILE bound - next_id < 3 * width LOOP
        EXECUTE format('CREATE TABLE sga.%I (LIKE sga.audit_log)', 'audit_log_' || bound);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.%I FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change()',
            'audit_log_append_only', 'audit_log_' || bound);
        EXECUTE format('ALTER TABLE sga.audit_log ATTACH PARTITION sga.%I FOR VALUES FROM (%s) TO (%s)', 'audit_log_' || bound, bound, bound + width);
        bound := bound + width;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION sga.ensure_audit_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sga.ensure_audit_partitions() TO nexo_writer;
SELECT sga.ensure_audit_partitions();
