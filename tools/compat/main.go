package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/pglocal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		stop()
		os.Exit(1) //nolint:gocritic // there is nothing left to defer to
	}
}

// run builds both programs and tries the three states.
func run(ctx context.Context) error {
	ref, err := before(ctx)
	if err != nil {
		return err
	}
	cache, err := filepath.Abs(".cache/compat")
	if err != nil {
		return err
	}
	old, err := buildBefore(ctx, ref, cache)
	if err != nil {
		return err
	}
	fresh := filepath.Join(cache, "nexo-new")
	if err := command(ctx, ".", "go", "build", "-o", fresh, "./cmd/nexo"); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "nexo-compat-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // only a temporary directory
	if err := os.Chmod(work, 0o711); err != nil {
		return err
	}
	cluster, err := pglocal.Open(ctx, pglocal.Options{DataDir: filepath.Join(work, "pg"), Disposable: true, MaxConnections: 200})
	if err != nil {
		return err
	}
	defer cluster.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it is thrown away
	fmt.Printf("the version before is %s\n", ref)
	failed := 0
	for _, s := range states(old, fresh) {
		err := s.try(ctx, cluster, work)
		switch {
		case errors.Is(err, errOlder): // the order of a rollout: migrate, then replace
			fmt.Printf("– %s: %v\n", s.name, err)
		case err != nil:
			failed++
			fmt.Printf("✗ %s\n%v\n", s.name, err)
		default:
			fmt.Printf("✓ %s\n", s.name)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the states do not work", failed)
	}
	return nil
}

// before names the version before: the last tag that is reached from here, else the commit of the file base.
func before(ctx context.Context) (string, error) {
	ref, err := output(ctx, ".", "git", "describe", "--tags", "--abbrev=0")
	if err != nil {
		raw, err := os.ReadFile("tools/compat/base")
		if err != nil {
			return "", fmt.Errorf("no tag, and no file tools/compat/base (run this from the root of the repository): %w", err)
		}
		ref = strings.TrimSpace(string(raw))
	}
	if _, err := output(ctx, ".", "git", "rev-parse", "--verify", "--quiet", ref+"^{commit}"); err != nil {
		return "", fmt.Errorf("the history of %s is not here, as in a shallow clone: git fetch --unshallow --tags", ref)
	}
	return ref, nil
}

// buildBefore lays the files of ref out below cache and builds its program there, once.
func buildBefore(ctx context.Context, ref, cache string) (string, error) {
	commit, err := output(ctx, ".", "git", "rev-parse", "--verify", ref+"^{commit}")
	if err != nil {
		return "", err
	}
	tree, program := filepath.Join(cache, commit), filepath.Join(cache, "nexo-"+commit)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := errors.Join(os.RemoveAll(tree), os.MkdirAll(tree, 0o755)); err != nil {
		return "", err
	}
	packed := filepath.Join(cache, commit+".tar")
	if err := command(ctx, ".", "git", "archive", "--output", packed, commit); err != nil {
		return "", err
	}
	if err := command(ctx, tree, "tar", "-xf", packed); err != nil {
		return "", err
	}
	if err := command(ctx, tree, "go", "build", "-o", program, "./cmd/nexo"); err != nil {
		return "", err
	}
	return program, errors.Join(os.RemoveAll(tree), os.Remove(packed))
}

// command runs a program in a directory; what it says is part of its error.
func command(ctx context.Context, dir, name string, args ...string) error {
	_, err := output(ctx, dir, name, args...)
	return err
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// newDatabase makes an empty database and gives its address.
func newDatabase(ctx context.Context, cluster *pglocal.Cluster, name string) (string, error) {
	conn, err := pgx.Connect(ctx, cluster.DSN(pglocal.Superuser, "postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // it wrote all it had to
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", err
	}
	return cluster.DSN(pglocal.Superuser, name), nil
}
