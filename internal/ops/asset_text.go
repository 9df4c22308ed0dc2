package ops

func textSearchAssets() Text {
	return Text{
		Title:   "Buscar ativos",
		TitleEN: "Search assets",
		Description: "Procura equipamentos por número de série, part number, etiqueta de patrimônio, descrição, pessoa ou chamado e diz onde cada um está e em que estado. " +
			"Use para localizar uma unidade específica ou achar equipamentos por um texto. " +
			"Para o histórico de um equipamento use sga_get_asset_timeline; para quantidades use sga_get_balance.",
		DescriptionEN: "Finds equipment by serial number, part number, asset tag, description, person or ticket and tells where each unit is and in which state. " +
			"Use it to locate one particular unit or to find equipment by a text. " +
			"For the history of a unit use sga_get_asset_timeline; for quantities use sga_get_balance.",
		Keywords: []string{
			"buscar ativo", "procurar equipamento", "localizar", "encontrar", "achar", "pesquisar", "onde está", "onde fica", "cadê", "paradeiro",
			"número de série", "serial", "etiqueta", "patrimônio", "plaqueta", "com quem está", "sumiu", "perdido",
			"search assets", "find equipment", "locate device", "look up", "look for", "where is", "whereabouts", "serial number", "asset tag", "who has it",
		},
		Questions: []string{
			"Que fim levou a câmera da recepção?",
			"O tablet continua com a Paula?",
			"Has anyone seen the label printer?",
			"FCW2140L0GH",
			"Onde está o serial FCW2140L0GH?",
			"Cadê o switch de série JAE240912XY?",
			"Localize o notebook com patrimônio PAT-00412",
			"Procure roteadores Cisco pela descrição",
			"Ache o equipamento de etiqueta 77120",
			"Com quem está o notebook 5CG1234ABC?",
			"Esse aparelho sumiu, em que lugar ele está: SN 9KX31",
			"Existe algum equipamento com o serial ABC998877?",
			"Busca por leitor de código de barras Honeywell",
			"Que equipamento tem o número de série PF3XY21?",
			"Where is serial FOC1932X1AA?",
			"Find the device with asset tag 00541",
			"Search for printers with Brother in the description",
			"Who has laptop 5CG9871ZZT?",
			"Look for anything named ThinkPad",
		},
	}
}

func textGetAssetTimeline() Text {
	return Text{
		Title:   "Ver a linha do tempo do ativo",
		TitleEN: "Get asset timeline",
		Description: "Mostra a linha do tempo de um equipamento serializado: cada movimentação, lugar, pessoa e documento por que passou, da mais nova à mais antiga. " +
			"Use quando a pergunta é a história ou a trajetória de uma unidade. " +
			"Para saber só onde ela está agora use sga_search_assets; para as movimentações de um período use sga_get_movements.",
		DescriptionEN: "Shows the timeline of one serialised asset: every movement, place, person and document it went through, newest first. " +
			"Use it when the question is the history or the journey of one unit. " +
			"To know only where it is now use sga_search_assets; for the movements of a period use sga_get_movements.",
		Keywords: []string{
			"linha do tempo", "histórico do ativo", "histórico do equipamento", "trajetória", "rastreio", "rastrear", "rastreabilidade",
			"por onde passou", "quem mexeu", "caminho", "vida do equipamento", "ciclo de vida", "desde a compra", "o que aconteceu com",
			"asset timeline", "history", "trace", "track record", "lifecycle", "where has it been", "who touched it", "chain of custody",
			"what happened to this device", "past of the unit",
		},
		Questions: []string{
			"Como o serial PF3XY21 foi parar em Natal?",
			"Quem era o dono anterior desse servidor?",
			"How did laptop 5CG9871ZZT get to Rio, where did it come from?",
			"Por onde passou o serial FCW2140L0GH?",
			"Qual o histórico do equipamento JAE240912XY?",
			"Quem já ficou com o notebook PF3XY21?",
			"O que aconteceu com o roteador de série FTX1840A?",
			"Rastreie a vida desse switch desde a compra, serial ABC998877",
			"Quem mexeu no equipamento 5CG1234ABC?",
			"Todas as movimentações do serial 9KX31",
			"Quando esse aparelho chegou e para onde ele foi depois?",
			"Timeline of serial FOC1932X1AA",
			"Where has this router been since we bought it?",
			"Trace the life of asset 1207",
			"What happened to laptop 5CG9871ZZT?",
			"Who touched unit FTX1840A before?",
		},
	}
}

func textCreateAsset() Text {
	return Text{
		Title:   "Cadastrar ativo",
		TitleEN: "Create asset",
		Description: "Cadastra um equipamento serializado, com part number, serial, propriedade e condição, sem mudar saldo. " +
			"Para dar entrada no estoque use sga_create_movement com ENTRADA, que já cria o ativo.",
		DescriptionEN: "Registers a serialised asset with part number, serial, ownership and condition, without changing any balance. " +
			"To receive it into stock use sga_create_movement with ENTRADA, which creates the asset by itself.",
		Keywords: []string{
			"cadastrar ativo", "novo ativo", "cadastro de equipamento", "incluir serial", "registrar patrimônio",
			"create asset", "new asset", "add device", "register serial",
		},
		Questions: []string{
			"Cadastre o equipamento de série XYZ123",
			"Incluir um novo ativo no cadastro",
			"Create an asset record for serial XYZ123",
		},
	}
}

func textUpdateAsset() Text {
	return Text{
		Title:   "Alterar dados do ativo",
		TitleEN: "Update asset",
		Description: "Altera dados cadastrais de um ativo: etiqueta, RFID, propriedade, cliente final e atributos. " +
			"Para mudar o estado use sga_change_asset_state; para mudar de lugar use sga_create_movement.",
		DescriptionEN: "Changes the record of an asset: tag, RFID, ownership, end client and attributes. " +
			"To change its state use sga_change_asset_state; to change its place use sga_create_movement.",
		Keywords: []string{
			"alterar ativo", "editar cadastro do equipamento", "corrigir etiqueta", "atualizar RFID", "trocar plaqueta",
			"update asset", "edit asset record", "fix asset tag", "change ownership",
		},
		Questions: []string{
			"Corrija a etiqueta do ativo PF3XY21",
			"Atualize o RFID desse equipamento",
			"Edit the asset tag of serial XYZ123",
		},
	}
}

func textListAssets() Text {
	return Text{
		Title:   "Listar ativos serializados",
		TitleEN: "List assets",
		Description: "Lista os ativos serializados, um por linha, com filtros de estado, condição, propriedade, local e projeto. " +
			"Use para exportações e conferências serial por serial. " +
			"Para quantidades por local use sga_list_inventory; para procurar um serial use sga_search_assets.",
		DescriptionEN: "Lists the serialised assets one per row, filtered by state, condition, ownership, location and project. " +
			"Use it for exports and checks serial by serial. " +
			"For quantities by location use sga_list_inventory; to look for a serial use sga_search_assets.",
		Keywords: []string{
			"listar ativos", "lista de seriais", "ativos serializados", "seriais por local", "ativos em manutenção", "ativos extraviados", "ativos de terceiros",
			"list assets", "list of serials", "serial by serial", "assets under maintenance", "missing assets", "third-party assets",
		},
		Questions: []string{
			"Exporte a lista de seriais do projeto ZAMP",
			"Quais ativos estão em manutenção?",
			"Ativos extraviados, serial por serial",
			"List all serial numbers owned by third parties",
		},
	}
}

func textChangeAssetState() Text {
	return Text{
		Title:   "Mudar o estado do ativo",
		TitleEN: "Change asset state",
		Description: "Muda o estado de um ativo sem mudar saldo: manutenção, quarentena, defeito, preparação, aguardando reversa, descarte ou extravio. " +
			"Descarte e extravio sempre esperam aprovação. " +
			"Para movimentar entre locais use sga_create_movement.",
		DescriptionEN: "Changes the state of an asset without changing any balance: maintenance, quarantine, defective, staging, awaiting return, disposal or missing. " +
			"Disposal and missing always wait for approval. " +
			"To move between places use sga_create_movement.",
		Keywords: []string{
			"mudar estado", "alterar status do ativo", "marcar com defeito", "mandar para manutenção", "quarentena", "descartar", "sucatear", "extraviado",
			"change asset state", "set status", "mark as defective", "send to repair", "quarantine", "dispose", "scrap", "mark as missing",
		},
		Questions: []string{
			"Marque o serial ABC998877 como defeituoso",
			"Coloque o equipamento em quarentena",
			"Descarte o roteador queimado FTX1840A",
			"Mark laptop 5CG9871ZZT as missing",
			"Send unit 9KX31 to maintenance",
		},
	}
}
