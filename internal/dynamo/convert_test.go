package dynamo

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// Whatever is a canonical body comes back from attributes byte for byte.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,-9223372036854775808,{"b":null,"c":true}],"d":"é\u0000<&>\u2028"}`, `{"parent":"x","a b":"\ud83d\ude00"}`} {
		f.Add([]byte(seed))
	}
	tables := item.Tables()
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, err := item.Canonical(raw)
		if err != nil {
			return
		}
		table := tables[len(raw)%len(tables)]
		want := item.Item{Key: item.Key{Partition: "p"}, Version: 3, Body: body, Index: map[string]item.Key{table.Indexes[0].Name: {Partition: "a", Sort: "b"}}}
		if table.Sort != "" {
			want.Sort = "s"
		}
		if table.Expires != "" {
			want.ExpiresAt = time.Unix(1_900_000_000, 0).UTC()
		}
		if new(item.Checker).Item(table, &want) != nil {
			return // a member has the name of a key
		}
		a, err := attributesOf(table, &want)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		got, err := itemOf(table, a)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	})
}

// What other programs may have written is read as far as it has a meaning here.
func TestForeignAttributes(t *testing.T) {
	t.Parallel()
	inv := item.Inventory()
	base := func(more attributes) attributes {
		out := attributes{"PK": text("p"), "SK": text("s")}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	got, err := itemOf(inv, base(attributes{"price": &types.AttributeValueMemberN{Value: "1.50"}, "large": &types.AttributeValueMemberN{Value: "99999999999999999999"},
		"version": text("no number"), "ttl": text("never"), "GSI1PK": text("half")}))
	if err != nil {
		t.Fatal(err)
	}
	want := &item.Item{Key: item.Key{Partition: "p", Sort: "s"}, Body: []byte(`{"large":"99999999999999999999","price":"1.50"}`)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, v := range []types.AttributeValue{&types.AttributeValueMemberSS{Value: []string{"a"}}, &types.AttributeValueMemberB{Value: []byte("a")},
		&types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNS{}}}, &types.AttributeValueMemberM{Value: attributes{"x": &types.AttributeValueMemberBS{}}}} {
		if _, err := itemOf(inv, base(attributes{"x": v})); err == nil || fault.CodeOf(err) != fault.Internal {
			t.Errorf("%T: %v", v, err)
		}
	}
}

func answered(status int, err error) error {
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "PutItem", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}}}
}

func TestFaultOf(t *testing.T) {
	t.Parallel()
	code := func(status int, name string) error {
		return answered(status, &smithy.GenericAPIError{Code: name, Message: "arn:aws:secret"})
	}
	for what, tt := range map[string]struct {
		err       error
		code      fault.Code
		retryable bool
	}{
		"throttled":           {code(400, "ProvisionedThroughputExceededException"), fault.Unavailable, true},
		"throttled by rate":   {code(400, "ThrottlingException"), fault.Unavailable, true},
		"limit of requests":   {code(400, "RequestLimitExceeded"), fault.Unavailable, true},
		"their fault":         {code(500, "InternalServerError"), fault.Unavailable, true},
		"unknown, theirs":     {code(503, "Surprise"), fault.Unavailable, true},
		"unknown, ours":       {code(400, "Surprise"), fault.Internal, false},
		"refused input":       {code(400, "ValidationException"), fault.Internal, false},
		"no table":            {code(400, "ResourceNotFoundException"), fault.Unavailable, false},
		"no right":            {code(400, "AccessDeniedException"), fault.Unavailable, false},
		"old token":           {code(400, "ExpiredTokenException"), fault.Unavailable, false},
		"a balancer's page":   {answered(502, errors.New("no JSON")), fault.Unavailable, true},
		"too many, no JSON":   {answered(429, errors.New("no JSON")), fault.Unavailable, true},
		"not DynamoDB at all": {answered(404, errors.New("no JSON")), fault.Internal, false},
		"no connection":       {&smithy.OperationError{Err: &net.OpError{Op: "dial", Err: io.EOF}}, fault.Unavailable, true},
		"cut":                 {&smithy.OperationError{Err: io.ErrUnexpectedEOF}, fault.Unavailable, true},
		"late":                {&smithy.OperationError{Err: context.DeadlineExceeded}, fault.Unavailable, true},
		"given up":            {&smithy.OperationError{Err: context.Canceled}, fault.Unavailable, true},
		"clash of one":        {answered(400, &types.TransactionConflictException{}), fault.Unavailable, true},
		"clash":               {answered(400, cancelled("None", codeClash)), fault.Unavailable, true},
		"throttled together":  {answered(400, cancelled("None", codeSlower)), fault.Unavailable, true},
		"refused together":    {answered(400, cancelled("ValidationError")), fault.Internal, false},
		"ours already":        {fault.InvalidArgument.With("a", "b"), fault.InvalidArgument, false},
		"something else":      {io.EOF, fault.Internal, false},
	} {
		f := fault.Of(faultOf("test", tt.err))
		if f.Code != tt.code || f.Retryable != tt.retryable {
			t.Errorf("%s: got %v, retryable %v", what, f, f.Retryable)
		}
		if strings.Contains(f.Message+f.MessageEN, "secret") {
			t.Errorf("%s: the message shows too much", what)
		}
	}
	if faultOf("test", nil) != nil {
		t.Error("no error is no fault")
	}
}

func cancelled(codes ...string) error {
	e := &types.TransactionCanceledException{}
	for _, c := range codes {
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(c)})
	}
	return e
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		err   error
		index int
		ok    bool
	}{
		"one":                      {answered(400, &types.ConditionalCheckFailedException{}), 0, true},
		"second":                   {answered(400, cancelled("None", codeCondition)), 1, true},
		"the first of two":         {answered(400, cancelled("None", codeCondition, codeCondition)), 1, true},
		"stronger than a conflict": {answered(400, cancelled(codeClash, codeCondition)), 1, true},
		"only a conflict":          {answered(400, cancelled(codeClash)), 0, false},
		"no reasons":               {answered(400, cancelled()), 0, false},
		"another":                  {io.EOF, 0, false},
		"none":                     {nil, 0, false},
	} {
		index, _, ok := broken(tt.err)
		if index != tt.index || ok != tt.ok {
			t.Errorf("%s: %d %v", what, index, ok)
		}
	}
}

// Pauses grow, stay below their limit, and are spread.
func TestDelay(t *testing.T) {
	t.Parallel()
	s := &Store{jitter: func() float64 { return 0.5 }}
	var got []time.Duration
	for _, try := range []int{0, 1, 2, 5, 6, 99} {
		got = append(got, s.delay(try))
	}
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{25 * ms, 50 * ms, 100 * ms, 800 * ms, time.Second, time.Second}, got); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.pause(ctx, 99); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
