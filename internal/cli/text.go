package cli

// verb is what help says of a verb.
type verb struct{ name, usage, pt, en, example string }

// verbs is the table of contents of the shell, in the order in which people meet them.
func verbs() []verb {
	return []verb{
		{"serve", "serve", "Tudo em um só endereço: web, API, MCP, entrada de usuários; inicia e encerra o PostgreSQL próprio.",
			"Everything on one address: web, API, MCP, sign-in; starts and stops the private PostgreSQL.", "nexo serve --addr 127.0.0.1:8080"},
		{"token", "token --user U --group G [--project P] [--ttl 1h]", "Imprime um token de acesso do emissor local e cria o perfil que falta (só no modo local).",
			"Prints an access token of the local issuer and makes the profile that is missing (local mode only).", "nexo token --user logistics --group logistics --ttl 8h"},
		{"tools", "tools [--format table|json|gateway|openapi]", "Lista as operações declaradas.", "Lists the declared operations.", "nexo tools --format gateway"},
		{"call", "call NAME [--args JSON|@FILE|-] [--user U --group G]", "Executa uma operação com os direitos do usuário; a resposta é JSON.",
			"Runs one operation with the rights of the user; the answer is JSON.", `nexo call sga_search_assets --args '{"query": "SN-0001"}' --user logistics`},
		{"reconcile", "reconcile FILE [--against FILE] [--json] [--rows FILE]", "Compara uma lista (MB52 do SAP, CSV, XLSX) com o nosso estoque ou com outra lista.",
			"Compares a list (SAP's MB52, CSV, XLSX) with our stock or with another list.", "nexo reconcile MB52.xlsx --rows divergencias.jsonl"},
		{"export", "export WHAT [--format csv|xlsx] [--out FILE] [--args JSON]", "Grava qualquer lista (inventory, movements, assets, …) como planilha.",
			"Writes any list (inventory, movements, assets, …) as a sheet.", "nexo export inventory --format xlsx --out estoque.xlsx"},
		{"verify", "verify [--json] [--accept-restore --reason TEXT --yes]",
			"Refaz o livro do zero, confere saldos, estados, selos e assinaturas, e nomeia a primeira coisa errada; com --accept-restore aceita um banco que foi restaurado de uma cópia.",
			"Replays the ledger from zero, checks balances, states, seals and signatures, and names the first thing that is wrong; with --accept-restore accepts a database that was restored from a copy.", "nexo verify"},
		{"audit", "audit drop --before DATE [--yes --reason TEXT]", "Descarta partições inteiras e seladas da auditoria de antes de um dia; uma âncora assinada fica. Sem --yes só mostra.",
			"Drops whole sealed partitions of the audit of before a day; a signed anchor stays. Only shows without --yes.", "nexo audit drop --before 2021-01-01"},
		{"rebuild-events", "rebuild-events [--tasks] [--audit] [--clean] [--json]", "Refaz a tabela de eventos a partir do livro; interrompido, continua de onde parou.",
			"Fills the event table again from the ledger; one that was interrupted goes on where it was.", "nexo rebuild-events --tasks --audit"},
		{"mcp", "mcp [--user U --group G]", "As mesmas ferramentas por stdio, para um agente de mesa.", "The same tools over stdio, for a desktop agent.",
			"nexo mcp --user logistics --group logistics"},
		{"migrate", "migrate", "Aplica as migrações embutidas.", "Applies the embedded migrations.", "nexo migrate --database-url postgres://owner@localhost/sga_inventory"},
		{"doctor", "doctor [--json]", "Diz o que falta e como obter.", "Says what is missing and how to get it.", "nexo doctor"},
		{"version", "version", "Versão do programa e do esquema.", "Version of the program and of its schema.", "nexo version"},
		{"bench", "bench", "Medições: rode make bench no repositório.", "Measurements: run make bench in the repository.", "make bench"},
		{"import", "import FILE", "Ainda não construído nesta versão.", "Not built in this version yet.", "nexo import nota.xml --preview"},
		{"runtime", "runtime inventory|academy|portal", "Ainda não construído nesta versão.", "Not built in this version yet.", "nexo runtime inventory"},
	}
}

// verbText finds a verb; the zero verb when there is none.
func verbText(name string) verb {
	for _, v := range verbs() {
		if v.name == name {
			return v
		}
	}
	return verb{}
}
