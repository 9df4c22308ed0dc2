// Package dynamo keeps the keyed tables in DynamoDB. It carries out what package item describes: conditions
// become expressions, expired items are filtered and count as absent (DynamoDB itself deletes them days
// later), and whatever may be asked again is asked again, so that a throttled table loses nothing and a
// lost answer writes nothing twice.
package dynamo

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// Time limits. DynamoDB answers in milliseconds; who waits for seconds waits for a machine that is gone,
// and is better served by another one (AWS, "Tuning AWS Java SDK HTTP request settings for latency-aware
// DynamoDB applications").
const (
	dialTimeout    = 2 * time.Second
	tlsTimeout     = 2 * time.Second
	headerTimeout  = 3 * time.Second
	attemptTimeout = 5 * time.Second
	// callTimeout bounds a call with all its attempts; PutAll and DeleteAll take it for each step.
	callTimeout = 20 * time.Second
	// pingTimeout is for who asks whether all is well: load balancers wait for some seconds.
	pingTimeout = 2 * time.Second
	// maxAttempts and maxBackoff are of one request; the SDK also stops repeating when most requests fail.
	maxAttempts = 8
	maxBackoff  = 2 * time.Second
	// maxConns are kept open: PutAll's requests and those of the callers beside it.
	maxConns = 64
)

// Options say where the tables are.
type Options struct {
	Endpoint    string                  // of a server that speaks DynamoDB's protocol; empty: AWS
	Region      string                  // required
	Credentials aws.CredentialsProvider // nil: as the environment has them (role, profile)
	Names       map[string]string       // names of tables by their short name; one that is missing is called as in package item
	Now         func() time.Time        // nil: time.Now
	Jitter      func() float64          // in [0, 1), spreads pauses; nil: random
	Patience    time.Duration           // for one answer; 0: 3 s
}

// Store keeps the tables.
type Store struct {
	client *dynamodb.Client
	names  map[string]string
	now    func() time.Time
	jitter func() float64
}

var _ item.Store = (*Store)(nil)

// Open makes a client. Nothing is sent before the first call.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = headerTimeout
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	cfg := aws.Config{Region: o.Region, Credentials: o.Credentials}
	if o.Credentials == nil {
		var err error
		if cfg, err = config.LoadDefaultConfig(ctx, config.WithRegion(o.Region)); err != nil {
			return nil, fault.Unavailable.With("As credenciais da AWS não puderam ser lidas.", "The AWS credentials could not be read.").Because(err)
		}
	}
	s := &Store{names: o.Names, now: o.Now, jitter: o.Jitter}
	s.client = dynamodb.NewFromConfig(cfg, func(d *dynamodb.Options) {
		d.HTTPClient = httpClient(o.Patience)
		d.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = maxAttempts
			r.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return s.delay(attempt), nil })
		})
		if o.Endpoint != "" {
			d.BaseEndpoint = &o.Endpoint
		}
	})
	return s, nil
}

func httpClient(patience time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(attemptTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = tlsTimeout, patience
			t.MaxIdleConnsPerHost, t.MaxConnsPerHost = maxConns, maxConns
		})
}

// name is what a table is called where it is.
func (s *Store) name(t *item.Table) *string {
	if n := s.names[t.ID]; n != "" {
		return &n
	}
	return &t.Name
}

// clock is the time in seconds, as DynamoDB keeps ends.
func (s *Store) clock() int64 { return s.now().Unix() }

// Ping reports whether the tables can be reached: it looks for an item that nobody writes.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := s.Get(ctx, item.Sessions(), item.Key{Partition: "nexo-health"})
	return err
}

// delay is the pause before another try, from 0: the longer the more there were, and never in step with others.
func (s *Store) delay(try int) time.Duration {
	longest := min(firstPause<<min(try, 10), maxBackoff)
	return time.Duration(s.jitter() * float64(longest))
}

// pause waits before another try.
func (s *Store) pause(ctx context.Context, try int) error {
	timer := time.NewTimer(s.delay(try))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// firstPause is the longest wait before the first repetition.
const firstPause = 50 * time.Millisecond
