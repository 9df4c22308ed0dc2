package oidc

// text names a sentence of the pages.
type text string

// The sentences that a page may show as its problem.
const (
	textWrong      text = "wrong"
	textTooMany    text = "too_many"
	textForeign    text = "foreign"
	textExpired    text = "expired"
	textBadRequest text = "bad_request"
	textBadClient  text = "bad_client"
	textInternal   text = "internal"
)

// lang is a language of the pages, as a BCP 47 tag.
type lang string

const (
	portuguese lang = "pt-BR"
	english    lang = "en"
)

// catalogue is every sentence of the pages: pt-BR first, English second. One text for an unknown name,
// a disabled person and a wrong password (S-28).
func catalogue() map[text][2]string {
	return map[text][2]string{
		textWrong:      {"Usuário ou senha incorretos.", "Wrong user name or password."},
		textTooMany:    {"Muitas tentativas. Aguarde um pouco e tente de novo.", "Too many attempts. Wait a little and try again."},
		textForeign:    {"Este pedido veio de outro site e foi recusado.", "This request came from another site and was refused."},
		textExpired:    {"A página expirou. Volte e tente de novo.", "The page has expired. Go back and try again."},
		textBadRequest: {"Pedido inválido.", "Invalid request."},
		textBadClient: {"Este aplicativo ou o endereço de retorno dele não está registrado no NEXO.",
			"This application, or the address it returns to, is not registered with NEXO."},
		textInternal:      {"Algo deu errado. Tente de novo em instantes.", "Something went wrong. Try again in a moment."},
		"login.title":     {"Entrar no NEXO", "Sign in to NEXO"},
		"login.user":      {"Usuário", "User name"},
		"login.password":  {"Senha", "Password"},
		"login.button":    {"Entrar", "Sign in"},
		"consent.title":   {"Autorizar acesso", "Authorize access"},
		"consent.asks":    {"quer acessar o NEXO em seu nome.", "wants to access NEXO on your behalf."},
		"consent.as":      {"Você entrou como", "You are signed in as"},
		"consent.returns": {"Depois você volta para", "You then return to"},
		"consent.may":     {"Vai poder:", "It will be able to:"},
		"consent.allow":   {"Autorizar", "Authorize"},
		"consent.deny":    {"Recusar", "Refuse"},
		"consent.other":   {"Usar outra conta", "Use another account"},
		"scope.openid":    {"Saber quem você é", "Know who you are"},
		"scope.sga/tools": {"Consultar e movimentar o estoque com as suas permissões", "Read and move stock with your permissions"},
		"scope.sga/approve": {"Aprovar e rejeitar propostas de outras pessoas",
			"Approve and reject proposals of other people"},
		"logout.title":  {"Sair do NEXO", "Sign out of NEXO"},
		"logout.asks":   {"Deseja encerrar a sessão neste navegador?", "End the session in this browser?"},
		"logout.button": {"Sair", "Sign out"},
		"error.title":   {"Não foi possível continuar", "Cannot continue"},
		"footer":        {"Modo local: contas desta máquina.", "Local mode: accounts of this machine."},
	}
}

// say finds a sentence; a name without one is shown as it is, which a test refuses.
func say(c map[text][2]string, l lang, name text) string {
	s, ok := c[name]
	switch {
	case !ok:
		return string(name)
	case l == english:
		return s[1]
	}
	return s[0]
}
