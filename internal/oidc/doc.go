// Package oidc knows tokens: it turns a Cognito-shaped access token into identity.Claims, and in
// local mode it is the issuer of such tokens, with a sign-in page.
//
// The verifier reads nothing from a token's header but the key's name, accepts RS256 only, and
// answers every failure with the same words. The issuer keeps two RSA keys as Cognito does, one for
// access tokens and one for id tokens, and refuses to exist outside local mode.
//
// Sources of the rules: RFC 6749, 6750, 7009, 7517, 7519, 7636, 8252, 8414, 8707, 8725, 9110, 9207,
// 9700 and 9728, and Amazon Cognito's page "Understanding the access token".
package oidc
