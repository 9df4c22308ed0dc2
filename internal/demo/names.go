package demo

import "github.com/faiston/nexo/internal/stock"

// Names of companies and people here are invented; cities are real.

// site is a place of the company.
type site struct {
	code, name string
	kind       stock.LocationType
	parent     string
	city, uf   string
	policies   *stock.Policies
}

func sites() []site {
	broken := &stock.Policies{Conditions: []stock.Condition{stock.Damaged, stock.Defective}}
	return []site{
		{"CD-BARUERI", "Centro logístico Barueri", stock.LogisticsCenter, "", "Barueri", "SP", nil},
		{"CD-RECIFE", "Centro logístico Recife", stock.LogisticsCenter, "", "Recife", "PE", nil},
		{"DEP-RIO", "Depósito Rio de Janeiro", stock.Warehouse, "", "Rio de Janeiro", "RJ", nil},
		{"DEP-BH", "Depósito Belo Horizonte", stock.Warehouse, "", "Belo Horizonte", "MG", nil},
		{"DEP-CURITIBA", "Depósito Curitiba", stock.Warehouse, "", "Curitiba", "PR", nil},
		{"BASE-POA", "Base técnica Porto Alegre", stock.TechnicalBase, "", "Porto Alegre", "RS", nil},
		{"BASE-SALVADOR", "Base técnica Salvador", stock.TechnicalBase, "", "Salvador", "BA", nil},
		{"BASE-FORTALEZA", "Base técnica Fortaleza", stock.TechnicalBase, "", "Fortaleza", "CE", nil},
		{"BASE-BRASILIA", "Base técnica Brasília", stock.TechnicalBase, "", "Brasília", "DF", nil},
		{"BASE-MANAUS", "Base técnica Manaus", stock.TechnicalBase, "", "Manaus", "AM", nil},
		{"SS-CAMPINAS", "Self storage Campinas", stock.SelfStorage, "", "Campinas", "SP", nil},
		{"SS-BELEM", "Self storage Belém", stock.SelfStorage, "", "Belém", "PA", nil},
		{"SS-FLORIPA", "Self storage Florianópolis", stock.SelfStorage, "", "Florianópolis", "SC", nil},
		{"SVC-SP", "Almoxarifado de serviço São Paulo", stock.ServiceStorage, "", "São Paulo", "SP", nil},
		{"SVC-GOIANIA", "Almoxarifado de serviço Goiânia", stock.ServiceStorage, "", "Goiânia", "GO", nil},
		{"BARUERI-A", "Barueri, área A", stock.AreaPlace, "CD-BARUERI", "Barueri", "SP", nil},
		{"BARUERI-B", "Barueri, área B", stock.AreaPlace, "CD-BARUERI", "Barueri", "SP", nil},
		{"QUARENTENA", "Quarentena", stock.AreaPlace, "CD-BARUERI", "Barueri", "SP", broken},
		{"COFRE", "Cofre de equipamentos", stock.Warehouse, "CD-BARUERI", "Barueri", "SP", &stock.Policies{Restricted: true}},
		{"RECIFE-A", "Recife, área A", stock.AreaPlace, "CD-RECIFE", "Recife", "PE", nil},
		{"BARUERI-A-01", "Barueri, prateleira A-01", stock.Bin, "BARUERI-A", "Barueri", "SP", nil},
		{"BARUERI-A-02", "Barueri, prateleira A-02", stock.Bin, "BARUERI-A", "Barueri", "SP", nil},
		{"BARUERI-B-01", "Barueri, prateleira B-01", stock.Bin, "BARUERI-B", "Barueri", "SP", nil},
		{"BARUERI-B-02", "Barueri, prateleira B-02", stock.Bin, "BARUERI-B", "Barueri", "SP", nil},
		{"RECIFE-A-01", "Recife, prateleira A-01", stock.Bin, "RECIFE-A", "Recife", "PE", nil},
	}
}

// clients are the company's customers.
func clients() []string {
	return []string{"Zarvento Energia", "Quelmira Saúde", "Ostraluz Varejo", "Brivane Bancária", "Tolmerix Logística", "Xandoval Ensino",
		"Pirgalto Seguros", "Melquiva Alimentos"}
}

// undertakings are what is done for customers.
func undertakings() []string {
	return []string{"Renovação de Wi-Fi", "Manutenção de campo", "Rede de agências"}
}

func technicians() []string {
	return []string{"Adalvo Quirino", "Bremilda Tavora", "Cosmério Valpaz", "Dirlene Ostrovel", "Elviro Cascatto", "Fabrícia Moldane",
		"Gervânio Lutz Prado", "Hilária Trentamor"}
}

// basesOfTechnicians are the cities of technicians, in turn.
func basesOfTechnicians() [][2]string {
	return [][2]string{{"São Paulo", "SP"}, {"Rio de Janeiro", "RJ"}, {"Belo Horizonte", "MG"}, {"Porto Alegre", "RS"}, {"Salvador", "BA"},
		{"Fortaleza", "CE"}, {"Brasília", "DF"}, {"Manaus", "AM"}}
}

func makers() []string {
	return []string{"Belzunet", "Kordavix", "Ostrellum", "Vintaruga", "Quaselmo", "Zirkanol", "Pelvorano", "Drumaltec"}
}

// family is a kind of part; its members differ by maker and model.
type family struct {
	prefix, category, text, ncm, unit string
	serialized, fractional, returns   bool
	cost                              int64 // BRL, of the cheapest
	members                           int
}

// families make 300 parts. NCM codes are those of the TIPI for such goods.
func families() []family {
	return []family{
		{"RT", "ROTEADOR", "Roteador de serviços %d portas", "85176241", "UN", true, false, true, 2800, 16},
		{"SW", "SWITCH", "Switch gerenciável %d portas", "85176239", "UN", true, false, true, 1900, 18},
		{"AP", "ACCESS POINT", "Access point Wi-Fi, %d rádios", "85176277", "UN", true, false, true, 850, 16},
		{"FW", "FIREWALL", "Firewall de borda, modelo %d", "85176249", "UN", true, false, true, 5200, 10},
		{"TI", "TELEFONE IP", "Telefone IP, %d linhas", "85171800", "UN", true, false, true, 380, 12},
		{"CM", "CÂMERA", "Câmera IP dome, %d megapixels", "85258929", "UN", true, false, false, 420, 12},
		{"NB", "NOBREAK", "Nobreak %d kVA", "85044040", "UN", true, false, true, 1600, 10},
		{"SV", "SERVIDOR", "Servidor de borda, %d núcleos", "84715010", "UN", true, false, true, 9800, 6},
		{"PT", "TERMINAL", "Terminal de autoatendimento, versão %d", "84729010", "UN", true, false, true, 4300, 6},
		{"SF", "MÓDULO ÓPTICO", "Módulo óptico SFP %d km", "85177900", "UN", false, false, false, 210, 24},
		{"FT", "FONTE", "Fonte chaveada %d W", "85044021", "UN", false, false, false, 160, 24},
		{"BT", "BATERIA", "Bateria selada 12 V %d Ah", "85072010", "UN", false, false, false, 140, 18},
		{"SD", "DISCO", "Disco SSD %d GB", "84717012", "UN", false, false, false, 260, 18},
		{"MM", "MEMÓRIA", "Memória %d GB", "84733042", "UN", false, false, false, 190, 16},
		{"PC", "PATCH CORD", "Patch cord cat. 6, %d m", "85444200", "UN", false, false, false, 14, 24},
		{"CN", "CONECTOR", "Conector RJ-45, pacote de %d", "85366990", "PC", false, false, false, 35, 16},
		{"KF", "FIXAÇÃO", "Kit de fixação de rack, %d peças", "73181500", "KT", false, false, false, 22, 14},
		{"AN", "ANTENA", "Antena setorial %d dBi", "85291019", "UN", false, false, false, 330, 16},
		{"CU", "CABO", "Cabo UTP cat. 6, linha %d", "85444200", "M", false, true, false, 3, 12},
		{"FO", "FIBRA", "Cabo óptico, %d fibras", "85447010", "M", false, true, false, 6, 12},
	}
}
