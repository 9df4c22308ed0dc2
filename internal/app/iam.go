package app

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
)

// tokenLife is how long RDS accepts a token (Amazon RDS user guide, "IAM database authentication").
const tokenLife = 15 * time.Minute

// connection says how the given database is signed in to, as the configuration wants it.
func connection(ctx context.Context, o *Options) (postgres.Connect, error) {
	set := o.Config.Connection
	c := postgres.Connect{VerifyTLS: o.Config.VerifyTLS(), CAFile: set.CAFile, Proxied: set.Proxied}
	if !set.IAM {
		return c, nil
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(set.Region))
	if err != nil {
		return c, fault.Unavailable.With("As credenciais da AWS não puderam ser lidas.", "The AWS credentials could not be read.").Because(err)
	}
	c.Password = postgres.Remembered(rdsTokens(set.Region, loaded.Credentials, o.Now), o.Now)
	return c, nil
}

// rdsTokens signs sign-in tokens. A token ends with the credentials that signed it, if they end first.
func rdsTokens(region string, credentials aws.CredentialsProvider, now func() time.Time) postgres.Tokens {
	return func(ctx context.Context, host string, port uint16, user string) (string, time.Time, error) {
		signer, err := credentials.Retrieve(ctx)
		if err != nil {
			return "", time.Time{}, err
		}
		until := now().Add(tokenLife)
		if signer.CanExpire && signer.Expires.Before(until) {
			until = signer.Expires
		}
		same := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return signer, nil })
		token, err := auth.BuildAuthToken(ctx, net.JoinHostPort(host, strconv.Itoa(int(port))), region, user, same)
		return token, until, err
	}
}

// readerOf is the address for reads where none was given: the same server, signed in to as the role that reads, so that
// no role has to be SET, which would pin a session of RDS Proxy.
func readerOf(writer string) string {
	u, err := url.Parse(writer)
	if err != nil || u.User == nil || u.User.Username() != "nexo_writer" {
		return writer
	}
	if _, has := u.User.Password(); has {
		return writer // a password belongs to one user
	}
	u.User = url.User("nexo_reader")
	return u.String()
}

// migrate brings the schema up to date, as its owner.
func (d *database) migrate(ctx context.Context) (int, error) {
	return postgres.Migration{URL: d.owner, Connect: d.connect}.Run(ctx)
}
