// Nexo is the whole program: see `nexo help`.
package main

import (
	"context"
	"os"

	"github.com/faiston/nexo/internal/cli"
)

func main() { os.Exit(cli.Main(context.Background())) }
