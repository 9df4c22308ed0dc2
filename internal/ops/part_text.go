package ops

func textCreatePartNumber() Text {
	return Text{
		Title:         "Cadastrar part number",
		TitleEN:       "Create part number",
		Description:   "Cadastra um part number no catálogo: descrição, controle por serial, unidade, categoria, fabricante, NCM e níveis de estoque. Por quem não é administrador, espera aprovação.",
		DescriptionEN: "Registers a part number in the catalogue: description, serial control, unit, category, manufacturer, NCM and stock levels. By anyone but an administrator it waits for approval.",
		Keywords: []string{
			"cadastrar part number", "novo PN", "novo material", "novo item no catálogo", "criar SKU", "incluir produto",
			"create part number", "new PN", "new material", "new catalogue item", "add SKU",
		},
		Questions: []string{"Cadastre o PN C9300X-24Y", "Incluir um produto novo no catálogo", "Create part number SFP-25G-SR"},
	}
}

func textUpdatePartNumber() Text {
	return Text{
		Title:         "Alterar part number",
		TitleEN:       "Update part number",
		Description:   "Altera o cadastro de um part number: descrição, categoria, fabricante, NCM, códigos de fornecedor, mínimo, máximo e ponto de pedido.",
		DescriptionEN: "Changes the record of a part number: description, category, manufacturer, NCM, supplier codes, minimum, maximum and reorder point.",
		Keywords: []string{
			"alterar part number", "editar PN", "corrigir descrição", "mudar estoque mínimo", "definir ponto de pedido", "alterar NCM",
			"update part number", "edit PN", "fix description", "set minimum stock", "set reorder point",
		},
		Questions: []string{"Mude o estoque mínimo do ISR4331 para 5", "Corrija o NCM desse PN", "Set the reorder point of GLC-T"},
	}
}

func textListPartNumbers() Text {
	return Text{
		Title:         "Listar part numbers",
		TitleEN:       "List part numbers",
		Description:   "Lista o catálogo de part numbers com filtros de categoria, fabricante, controle por serial e texto.",
		DescriptionEN: "Lists the catalogue of part numbers filtered by category, manufacturer, serial control and text.",
		Keywords: []string{
			"listar part numbers", "catálogo", "lista de PNs", "materiais cadastrados", "produtos do fabricante", "categorias",
			"list part numbers", "catalogue", "catalog", "registered materials", "products by manufacturer", "SKUs",
		},
		Questions: []string{"Quais part numbers da Cisco estão cadastrados?", "Mostre o catálogo de materiais", "List the part numbers in the catalogue"},
	}
}

func textGetPartNumber() Text {
	return Text{
		Title:   "Ver part number",
		TitleEN: "Get part number",
		Description: "Mostra a ficha de um part number: descrição, categoria, fabricante, NCM, unidade, controle por serial, níveis e códigos de fornecedor. " +
			"Para quanto há dele use sga_get_balance.",
		DescriptionEN: "Shows the record of one part number: description, category, manufacturer, NCM, unit, serial control, levels and supplier codes. " +
			"For how many there are use sga_get_balance.",
		Keywords: []string{
			"ficha do part number", "dados do PN", "detalhe do material", "qual o NCM", "qual o fabricante", "é controlado por serial", "código do fornecedor",
			"get part number", "part details", "material record", "which manufacturer", "is it serialised", "supplier code",
		},
		Questions: []string{"Qual o fabricante do PN GLC-T?", "Mostre a ficha do ISR4331", "Details of part number C9300-48P"},
	}
}
