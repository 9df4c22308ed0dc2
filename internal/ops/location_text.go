package ops

func textCreateLocation() Text {
	return Text{
		Title:         "Criar local",
		TitleEN:       "Create location",
		Description:   "Cadastra um local: depósito, área, posição, base técnica, técnico, cliente ou outro, com cidade e regras, dentro de um local pai se houver.",
		DescriptionEN: "Registers a location: warehouse, area, bin, technical base, technician, customer or other, with city and policies, inside a parent location if any.",
		Keywords: []string{
			"criar local", "novo depósito", "cadastrar local", "cadastrar base técnica", "cadastrar técnico como local", "nova prateleira", "novo endereço",
			"create location", "new warehouse", "add bin", "register technical base", "new shelf",
		},
		Questions: []string{"Cadastre um novo depósito em Manaus", "Crie a posição A-01 dentro do CD São Paulo", "Add a location for technician Ana"},
	}
}

func textUpdateLocation() Text {
	return Text{
		Title:         "Alterar local",
		TitleEN:       "Update location",
		Description:   "Altera nome, endereço, tipo, regras ou situação de um local, inclusive desativar.",
		DescriptionEN: "Changes the name, address, type, policies or state of a location, deactivating it included.",
		Keywords: []string{
			"alterar local", "editar depósito", "renomear local", "desativar local", "mudar regras do local",
			"update location", "edit warehouse", "rename location", "deactivate location", "location policies",
		},
		Questions: []string{"Desative o depósito antigo de Santos", "Renomeie o local CD-SP", "Change the address of the Rio base"},
	}
}

func textListLocations() Text {
	return Text{
		Title:   "Listar locais",
		TitleEN: "List locations",
		Description: "Lista os locais cadastrados em árvore: depósitos, bases técnicas, técnicos, clientes e posições. " +
			"Para o que há dentro deles use sga_list_inventory.",
		DescriptionEN: "Lists the registered locations as a tree: warehouses, technical bases, technicians, customers and bins. " +
			"For what is inside them use sga_list_inventory.",
		Keywords: []string{
			"listar locais", "locais cadastrados", "nossos depósitos", "nossas bases", "árvore de locais", "filiais",
			"list locations", "our warehouses", "our sites", "location tree", "technical bases",
		},
		Questions: []string{"Quais depósitos nós temos?", "Liste as bases técnicas cadastradas", "Which warehouses do we have?"},
	}
}
