-- +goose NO TRANSACTION
-- +goose Up
-- What happened to assets in an event, found by the event: the seal reads events in order, with everything that belongs to
-- them. A build that was interrupted leaves an index that is not valid; it is made again. The build may even go on after the
-- program that began it was killed: a plain DROP INDEX would then wait for it with a lock that all writers queue behind, so this
-- one waits without. (The index by movement_id stays until no version that reads by it is in use.)
DROP INDEX CONCURRENTLY IF EXISTS sga.asset_events_sequence;
CREATE INDEX CONCURRENTLY asset_events_sequence ON sga.asset_events (sequence);
