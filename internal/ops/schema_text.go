package ops

func textGetSchemaMetadata() Text {
	return Text{
		Title:   "Ver o esquema do banco",
		TitleEN: "Get schema metadata",
		Description: "Descreve o esquema do banco de dados inteiro: tabelas, colunas, enumerações, chaves estrangeiras e campos obrigatórios. " +
			"Use para entender o modelo de dados e como as tabelas se relacionam. " +
			"Para as colunas de uma só tabela use sga_get_table_columns; para as opções de uma enumeração use sga_get_enum_values.",
		DescriptionEN: "Describes the schema of the whole database: tables, columns, enumerations, foreign keys and required fields. " +
			"Use it to understand the data model and how the tables relate. " +
			"For the columns of one table use sga_get_table_columns; for the options of an enumeration use sga_get_enum_values.",
		Keywords: []string{
			"esquema do banco", "schema", "banco de dados", "tabelas", "lista de tabelas", "modelo de dados", "estrutura do banco", "metadados",
			"relacionamentos", "relações entre tabelas", "chaves estrangeiras", "dicionário de dados", "desenho da base", "diagrama",
			"database schema", "tables", "data model", "structure", "metadata", "foreign keys", "relationships", "entity diagram", "layout of the database",
			"data dictionary", "Postgres",
		},
		Questions: []string{
			"Vou escrever um SQL, o que existe no banco e como se liga?",
			"Onde o sistema grava cada coisa por dentro?",
			"What does a data analyst have to know about our data sources?",
			"Qual é a estrutura do banco de dados?",
			"Liste as tabelas do esquema sga",
			"Como as tabelas se relacionam?",
			"Mostre o modelo de dados completo",
			"Quais chaves estrangeiras existem?",
			"Preciso do dicionário de dados",
			"Onde ficam gravadas as informações de estoque no banco?",
			"Show the database schema",
			"Which tables are there?",
			"How do the tables relate to each other?",
			"Give me an overview of the data structure",
			"What foreign keys link assets and movements?",
		},
	}
}

func textGetTableColumns() Text {
	return Text{
		Title:   "Ver as colunas de uma tabela",
		TitleEN: "Get table columns",
		Description: "Descreve as colunas de uma tabela: nome, tipo de dado, tamanho, se aceita nulo, valor padrão e chave primária. " +
			"Use quando a pergunta é sobre os campos de uma tabela. " +
			"Para o esquema inteiro use sga_get_schema_metadata.",
		DescriptionEN: "Describes the columns of one table: name, data type, length, whether it may be null, default value and primary key. " +
			"Use it when the question is about the fields of a table. " +
			"For the whole schema use sga_get_schema_metadata.",
		Keywords: []string{
			"colunas da tabela", "campos da tabela", "coluna", "campo", "tipo de dado", "tipo da coluna", "tamanho do campo", "aceita nulo", "obrigatório",
			"valor padrão", "chave primária", "atributos da tabela",
			"table columns", "fields", "column", "data type", "nullable", "primary key", "default value", "field length", "attributes of a table",
		},
		Questions: []string{
			"O que é obrigatório preencher em um local?",
			"Quantas letras cabem em serial_number?",
			"Does created_at keep the hour or the date only?",
			"Quais são as colunas da tabela assets?",
			"Que campos tem a tabela movements?",
			"O campo nf_number aceita nulo?",
			"Qual o tipo da coluna quantity_total?",
			"Qual é a chave primária de part_numbers?",
			"Que tamanho tem location_code?",
			"Que informações a tabela reservations guarda em cada linha?",
			"List the columns of table projects",
			"What is the data type of created_at?",
			"Is nf_date nullable in movements?",
			"Which fields make up the locations table?",
			"What is the primary key of assets?",
		},
	}
}

func textGetEnumValues() Text {
	return Text{
		Title:   "Ver os valores de uma enumeração",
		TitleEN: "Get enum values",
		Description: "Lista os valores permitidos de uma enumeração: tipos de movimento, status do ativo, condições, tipos de local, tipos e situações de tarefa, prioridades. " +
			"Use para saber quais opções um campo aceita.",
		DescriptionEN: "Lists the allowed values of an enumeration: movement types, asset status, conditions, location types, task types and statuses, priorities. " +
			"Use it to know which options a field accepts.",
		Keywords: []string{
			"valores permitidos", "valores possíveis", "valores válidos", "opções", "enumeração", "enum", "domínio", "lista de status", "tipos existentes",
			"quais status existem", "quais tipos existem", "o que posso escolher", "códigos aceitos",
			"enum values", "allowed values", "possible values", "valid options", "choices", "accepted codes", "which statuses exist", "kinds of",
		},
		Questions: []string{
			"Além de NEW e USED, que condições existem?",
			"Como posso classificar um local?",
			"Is LOST a word that the status field knows?",
			"Quais são os status possíveis de um ativo?",
			"Que valores o enum asset_status aceita?",
			"Quais os tipos de local existentes?",
			"Quais opções de prioridade existem para uma tarefa?",
			"Que condições um equipamento pode ter?",
			"O que posso colocar em task_type?",
			"Quais são os estados válidos?",
			"List the valid values of location_type",
			"What statuses can an asset have?",
			"Which priorities are available?",
			"What options does the condition field accept?",
			"Possible kinds of tasks",
		},
	}
}
