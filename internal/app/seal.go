package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// openProof finds the key that signs the past and tells the database where signed statements lie. In aws mode without
// a key blocks are sealed and nothing is signed.
func (a *App) openProof() error {
	raw, err := installationKey(a.Config, a.Config.SealKey, "seal.key", a.o.Random)
	if err != nil || raw == nil {
		return err
	}
	a.proof = &postgres.Proof{Objects: a.Objects, Key: seal.NewKey([seal.SeedSize]byte(raw)), Now: a.o.Now}
	a.DB.UseProof(*a.proof)
	return nil
}

// runSeal closes blocks and signs checkpoints until ctx ends, and once more then. Whichever process comes first does
// it; the others look and find nothing to do.
func (a *App) runSeal(ctx context.Context) {
	proof := postgres.Proof{Now: a.o.Now}
	if a.proof != nil {
		proof = *a.proof
	} else {
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "NEXO_SEAL_KEY is missing: the past is sealed, but nothing is signed outside the database", slog.String("consequence", unsigned().MessageEN))
	}
	sealer, err := a.DB.NewSealer(ctx, proof)
	if err != nil {
		a.o.Log.LogAttrs(ctx, slog.LevelError, "nothing is sealed", slog.Any("error", err))
		return
	}
	defer sealer.Close()
	m := newSealMeter(a.relay.metrics)
	tick := time.NewTicker(config.SealEvery)
	defer tick.Stop()
	var signed time.Time
	began := a.o.Now()
	for {
		a.sealRound(ctx, sealer, m, began)
		if now := a.o.Now(); a.proof != nil && now.Sub(signed) >= config.CheckpointEvery {
			signed = now
			if err := sealer.Checkpoint(ctx); err != nil && ctx.Err() == nil {
				a.o.Log.LogAttrs(ctx, slog.LevelWarn, "checkpoint not signed; tried again", slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			a.sealLast(context.WithoutCancel(ctx), sealer)
			return
		case <-tick.C:
		}
	}
}

// sealRound seals what is due, makes room ahead in the audit, and shows how far it has come. What waited while nothing ran
// is not behind: it is complained of when this process, which has been there since began, does not seal it in time.
func (a *App) sealRound(ctx context.Context, sealer *postgres.Sealer, m *sealMeter, began time.Time) {
	if err := a.DB.EnsureAuditPartitions(ctx); err != nil && ctx.Err() == nil {
		a.o.Log.LogAttrs(ctx, slog.LevelError, "no partitions made for the audit; tried again", slog.Any("error", err))
	}
	if _, err := sealer.Seal(ctx, false); err != nil && ctx.Err() == nil {
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "not sealed; tried again", slog.Any("error", err))
	}
	status, err := a.DB.SealStatus(ctx)
	if err != nil {
		return // the next round tells
	}
	for _, s := range status {
		now := a.o.Now()
		age := min(m.show(s, now), now.Sub(began))
		if age > stock.MaxUnsealed {
			a.o.Log.LogAttrs(ctx, slog.LevelError, "the seal is behind", slog.String("chain", s.Chain), slog.Duration("age", age), slog.Int64("rows", s.Unsealed))
		}
	}
}

// sealLast leaves nothing unsigned behind when a process ends, if it can be done in a moment.
func (a *App) sealLast(ctx context.Context, sealer *postgres.Sealer) {
	ctx, cancel := context.WithTimeout(ctx, config.SealLastTime)
	defer cancel()
	a.DB.FlushAudit() // what is queued would be written after the seal
	_, err := sealer.Seal(ctx, true)
	if err == nil && a.proof != nil {
		err = sealer.Checkpoint(ctx)
	}
	if err != nil { // the next start does it
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "not everything was sealed at the end", slog.Any("error", err))
	}
}

// sealMeter shows how far the seals have come.
type sealMeter struct{ unsealed, age, block, checkpoint *prometheus.GaugeVec }

func newSealMeter(reg *prometheus.Registry) *sealMeter {
	chain := []string{"chain"}
	m := &sealMeter{
		unsealed:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_seal_unsealed_rows", Help: "Rows that are in no block yet."}, chain),
		age:        prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_seal_unsealed_seconds", Help: "Age of the oldest row that is in no block."}, chain),
		block:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_seal_block", Help: "Number of the last block."}, chain),
		checkpoint: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "nexo_seal_checkpoint_timestamp_seconds", Help: "When the last block was signed."}, chain),
	}
	for _, c := range []prometheus.Collector{m.unsealed, m.age, m.block, m.checkpoint} {
		_ = reg.Register(c) // one that is there already belongs to a serve before this one in the same process
	}
	return m
}

// show sets the figures of a chain and gives the age of what waits.
func (m *sealMeter) show(s stock.SealStatus, now time.Time) time.Duration {
	var age time.Duration
	if !s.OldestUnsealed.IsZero() {
		age = max(now.Sub(s.OldestUnsealed), 0)
	}
	m.unsealed.WithLabelValues(s.Chain).Set(float64(s.Unsealed))
	m.age.WithLabelValues(s.Chain).Set(age.Seconds())
	m.block.WithLabelValues(s.Chain).Set(float64(s.Block))
	if !s.CheckpointAt.IsZero() {
		m.checkpoint.WithLabelValues(s.Chain).Set(float64(s.CheckpointAt.Unix()))
	}
	return age
}
