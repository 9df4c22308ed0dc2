package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// Codes of DynamoDB (developer guide, "Error handling with DynamoDB" and TransactWriteItems).
const (
	codeCondition = "ConditionalCheckFailed"
	codeClash     = "TransactionConflict"
	codeSlower    = "ThrottlingError"
	codeTooMuch   = "ProvisionedThroughputExceeded"
)

// faultOf turns what the SDK says into the vocabulary of the program. What it does not know stays as it
// is, and becomes internal at the door.
func faultOf(doing string, err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	err = fmt.Errorf("dynamo: %s: %w", doing, err)
	if clashed(err) {
		return item.Busy(err)
	}
	busy := fault.Unavailable.With("O DynamoDB está indisponível ou sobrecarregado; tente de novo.", "DynamoDB is unavailable or overloaded; try again.").Because(err)
	if errors.Is(err, context.Canceled) {
		return fault.Unavailable.With("A chamada foi cancelada.", "The call was cancelled.").Because(err)
	}
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) {
		return busy
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return ofCode(api.ErrorCode(), err, busy)
	}
	return ofStatus(err, busy)
}

// ofStatus judges an answer that is no answer of DynamoDB's, such as that of a proxy, or none at all.
func ofStatus(err error, busy *fault.Error) error {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500 && answer.HTTPStatusCode() != 429 {
		return err
	}
	var sent *smithy.OperationError
	if errors.As(err, &sent) {
		return busy
	}
	return err
}

func ofCode(code string, err error, busy *fault.Error) error {
	switch code {
	case "ResourceNotFoundException":
		return fault.Unavailable.With("Uma tabela do DynamoDB não existe.", "A table is missing in DynamoDB.").Because(err).Final()
	case "AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException", "MissingAuthenticationTokenException":
		return fault.Unavailable.With("O DynamoDB recusou a credencial do programa.", "DynamoDB refused the program's credential.").Because(err).Final()
	case "ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException", "IdempotentParameterMismatchException":
		return err // ours: the port lets nothing through that DynamoDB refuses
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 || throttled(code) {
		return busy
	}
	return err
}

func throttled(code string) bool {
	return slices.Contains([]string{"ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
		"LimitExceededException", "TransactionInProgressException", "InternalServerError", "ServiceUnavailable"}, code)
}

// clashed reports that another transaction held an item at the same moment, or that a transaction was
// cancelled for want of throughput, which the SDK does not repeat.
func clashed(err error) bool {
	var single *types.TransactionConflictException
	if errors.As(err, &single) {
		return true
	}
	var cancelled *types.TransactionCanceledException
	return errors.As(err, &cancelled) && slices.ContainsFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool {
		return r.Code != nil && slices.Contains([]string{codeClash, codeSlower, codeTooMuch}, *r.Code)
	})
}

// broken finds the condition that did not hold: the number of the action and what is stored.
func broken(err error) (index int, stored attributes, ok bool) {
	var single *types.ConditionalCheckFailedException
	if errors.As(err, &single) {
		return 0, single.Item, true
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return 0, nil, false
	}
	index = slices.IndexFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool {
		return r.Code != nil && *r.Code == codeCondition
	})
	if index < 0 {
		return 0, nil, false
	}
	return index, cancelled.CancellationReasons[index].Item, true
}
