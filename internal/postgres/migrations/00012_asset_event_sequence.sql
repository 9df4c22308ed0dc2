-- +goose NO TRANSACTION
-- +goose Up
-- What happened to assets in an event, found by the event: the seal reads events in order, with everything that belongs to
-- them. A build that was interrupted leaves an index that is not valid; it is made again. (The index by movement_id stays
-- until no version that reads by it is in use.)
-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('sga.asset_events_sequence') AND NOT indisvalid) THEN
        DROP INDEX sga.asset_events_sequence;
    END IF;
END $$;
-- +goose StatementEnd
CREATE INDEX CONCURRENTLY IF NOT EXISTS asset_events_sequence ON sga.asset_events (sequence);
