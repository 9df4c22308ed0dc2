package ops

func textListInventory() Text {
	return Text{
		Title:   "Listar o estoque",
		TitleEN: "List inventory",
		Description: "Lista o que existe em estoque: equipamentos e materiais por local, projeto, part number e status, página por página. " +
			"Use para relações e visões gerais de vários itens. " +
			"Para o número de um só part number use sga_get_balance; para achar uma peça específica use sga_search_assets.",
		DescriptionEN: "Lists what is in stock: equipment and materials by location, project, part number and status, page by page. " +
			"Use it for listings and overviews of many items. " +
			"For the figure of one part number use sga_get_balance; to find one particular unit use sga_search_assets.",
		Keywords: []string{
			"listar inventário", "lista de equipamentos", "relação de materiais", "itens em estoque", "tudo que há no depósito",
			"conteúdo do almoxarifado", "equipamentos por local", "itens por projeto", "materiais disponíveis", "equipamentos em trânsito",
			"equipamentos instalados", "itens reservados", "visão geral do estoque", "posição geral", "panorama",
			"list inventory", "all equipment", "items by location", "items by project", "stock listing", "what is stored",
			"everything in the warehouse", "stock overview", "devices in transit", "available items", "installed devices",
		},
		Questions: []string{
			"O que há no galpão da Bahia?",
			"Que aparelhos possuímos no Sul?",
			"What is inside the storage room?",
			"Liste todos os equipamentos do almoxarifado de Campinas",
			"O que tem guardado na base técnica de Brasília?",
			"Mostre todos os itens do projeto RENNER",
			"Quais roteadores estão em trânsito?",
			"Me dá a relação completa do estoque",
			"Quais materiais estão com o técnico João?",
			"Quais switches estão instalados nos clientes?",
			"Tudo que está reservado no projeto NTT",
			"Inventário por local, por favor",
			"Que coisas estão paradas no self storage?",
			"List everything stored in the São Paulo warehouse",
			"Which devices are in transit right now?",
			"Show all items that belong to project ZAMP",
			"What do we keep at the Rio technical base?",
			"Overview of our equipment by location",
		},
	}
}

func textListLowStock() Text {
	return Text{
		Title:   "Listar itens abaixo do mínimo",
		TitleEN: "List low stock",
		Description: "Lista os part numbers cujo disponível está abaixo do estoque mínimo ou do ponto de pedido, os mais críticos primeiro. " +
			"Use para decidir reposição e compra.",
		DescriptionEN: "Lists the part numbers whose available quantity is below the minimum or the reorder point, the most critical first. " +
			"Use it to decide replenishment and purchasing.",
		Keywords: []string{
			"estoque baixo", "abaixo do mínimo", "ponto de pedido", "reposição", "repor", "acabando", "ruptura", "falta de material", "comprar",
			"low stock", "below minimum", "reorder point", "replenish", "running out", "shortage", "out of stock",
		},
		Questions: []string{
			"O que está abaixo do estoque mínimo?",
			"Quais itens precisam de reposição?",
			"O que está acabando e precisa comprar?",
			"Which parts are below the reorder point?",
			"What are we running out of?",
		},
	}
}
