package ops

func textCreateProject() Text {
	return Text{
		Title:         "Criar projeto",
		TitleEN:       "Create project",
		Description:   "Cadastra um projeto com código, nome, cliente e contrato. Por quem não é administrador, espera aprovação.",
		DescriptionEN: "Registers a project with code, name, client and contract. By anyone but an administrator it waits for approval.",
		Keywords: []string{
			"criar projeto", "novo projeto", "cadastrar projeto", "abrir contrato", "incluir cliente",
			"create project", "new project", "add project", "register contract",
		},
		Questions: []string{"Cadastre o projeto BANCO-X", "Crie um novo projeto para o cliente Alfa", "Create a project called STORE-2027"},
	}
}

func textUpdateProject() Text {
	return Text{
		Title:         "Alterar projeto",
		TitleEN:       "Update project",
		Description:   "Altera nome, cliente, contrato ou situação de um projeto, inclusive encerrar.",
		DescriptionEN: "Changes the name, client, contract or state of a project, closing it included.",
		Keywords: []string{
			"alterar projeto", "editar projeto", "renomear projeto", "encerrar projeto", "desativar projeto", "mudar contrato",
			"update project", "edit project", "rename project", "close project", "deactivate project",
		},
		Questions: []string{"Mude o nome do projeto ZAMP", "Encerre o projeto antigo", "Rename project STORE-2027"},
	}
}

func textListProjects() Text {
	return Text{
		Title:         "Listar projetos",
		TitleEN:       "List projects",
		Description:   "Lista os projetos cadastrados que você pode ver, com cliente, contrato e situação.",
		DescriptionEN: "Lists the registered projects that you may see, with client, contract and state.",
		Keywords: []string{
			"listar projetos", "projetos cadastrados", "projetos ativos", "contratos", "clientes atendidos",
			"list projects", "registered projects", "active projects", "contracts", "our clients",
		},
		Questions: []string{"Quais projetos existem?", "Liste os projetos ativos", "Which projects do we have?"},
	}
}
