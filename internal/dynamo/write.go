package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

const (
	// maxBatch is DynamoDB's limit for BatchWriteItem.
	maxBatch = 25
	// maxParallel bounds the requests of one PutAll: more only wait for each other.
	maxParallel = 16
	// maxClashes is how often a write that met another transaction is tried.
	maxClashes = 10
	// maxLeftOver is how often what a batch left unwritten is sent again without any progress.
	maxLeftOver = 10
)

// Put writes one item. With a condition it is a transaction of one action: those carry a token by which
// DynamoDB knows a repetition, so that a lost answer is not taken for a condition that does not hold.
func (s *Store) Put(ctx context.Context, t *item.Table, w item.Write) error {
	if w.If.Kind != item.Always {
		return s.Transact(ctx, []item.Op{{Table: t, Put: &w}})
	}
	if err := new(item.Checker).Write(t, &w); err != nil {
		return err
	}
	a, err := attributesOf(t, &w.Item)
	if err != nil {
		return err
	}
	return s.untilAlone(ctx, func(ctx context.Context) error {
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(t), Item: a})
		return err
	})
}

// Delete removes an item, likewise.
func (s *Store) Delete(ctx context.Context, t *item.Table, r item.Removal) error {
	if r.If.Kind != item.Always {
		return s.Transact(ctx, []item.Op{{Table: t, Delete: &r}})
	}
	if err := r.Check(t); err != nil {
		return err
	}
	return s.untilAlone(ctx, func(ctx context.Context) error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(t), Key: keyOf(t, r.Key)})
		return err
	})
}

// untilAlone repeats a write that another transaction was in the way of.
func (s *Store) untilAlone(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var err error
	for try := range maxClashes {
		err = do(ctx)
		if _, _, decided := broken(err); decided || !clashed(err) {
			break
		}
		if s.pause(ctx, try) != nil {
			break
		}
	}
	if _, _, decided := broken(err); decided {
		return err
	}
	return faultOf("write", err)
}

// Transact does all actions or none.
func (s *Store) Transact(ctx context.Context, ops []item.Op) error {
	if err := new(item.Checker).Ops(ops); err != nil {
		return err
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: make([]types.TransactWriteItem, len(ops))}
	for i := range ops {
		var err error
		if in.TransactItems[i], err = s.action(&ops[i]); err != nil {
			return err
		}
	}
	err := s.untilAlone(ctx, func(ctx context.Context) error {
		once := *in // the SDK writes a token into it, and keeps it over the attempts of this call
		_, err := s.client.TransactWriteItems(ctx, &once)
		return err
	})
	index, stored, ok := broken(err)
	if !ok || index >= len(ops) {
		return err
	}
	current, failed := s.living(ops[index].Table, stored)
	if failed != nil {
		current = nil // the conflict is what matters
	}
	return item.NewConflict(index, current, err)
}

func (s *Store) action(o *item.Op) (types.TransactWriteItem, error) {
	condition, written := o.If()
	e := s.conditionOf(o.Table, condition, written)
	const old = types.ReturnValuesOnConditionCheckFailureAllOld
	switch {
	case o.Put != nil:
		a, err := attributesOf(o.Table, &o.Put.Item)
		return types.TransactWriteItem{Put: &types.Put{TableName: s.name(o.Table), Item: a, ConditionExpression: e.text,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old}}, err
	case o.Delete != nil:
		return types.TransactWriteItem{Delete: &types.Delete{TableName: s.name(o.Table), Key: keyOf(o.Table, o.Delete.Key), ConditionExpression: e.text,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old}}, nil
	}
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: s.name(o.Table), Key: keyOf(o.Table, o.Check.Key), ConditionExpression: e.text,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old}}, nil
}

// PutAll writes many items: in batches of 25 those without a condition, one by one and side by side the others.
func (s *Store) PutAll(ctx context.Context, t *item.Table, writes []item.Write) error {
	if err := new(item.Checker).Writes(t, writes); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	var batch []types.WriteRequest
	for i := range writes {
		w := &writes[i]
		a, err := attributesOf(t, &w.Item)
		if err != nil {
			return err
		}
		if w.If.Kind != item.Always {
			group.Go(func() error { return s.putIf(ctx, t, w, a) })
			continue
		}
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: a}})
	}
	for requests := range slices.Chunk(batch, maxBatch) {
		group.Go(func() error { return s.batch(ctx, t, requests) })
	}
	return group.Wait()
}

// putIf writes an item if its condition holds, and is content when it does not.
func (s *Store) putIf(ctx context.Context, t *item.Table, w *item.Write, a attributes) error {
	e := s.conditionOf(t, w.If, w.Item.Version)
	err := s.untilAlone(ctx, func(ctx context.Context) error {
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(t), Item: a, ConditionExpression: e.text,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values})
		return err
	})
	if _, _, stands := broken(err); stands {
		return nil
	}
	return err
}

// batch sends requests until all are done: DynamoDB may do a part only and says what is left.
func (s *Store) batch(ctx context.Context, t *item.Table, requests []types.WriteRequest) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	name := *s.name(t)
	for try := 0; ; try++ {
		out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: requests}})
		if err != nil {
			return faultOf("write a batch", err)
		}
		left := out.UnprocessedItems[name]
		if len(left) == 0 {
			return nil
		}
		if len(left) < len(requests) {
			try = 0
		}
		if requests = left; try == maxLeftOver {
			return fault.Unavailable.With("O DynamoDB está sobrecarregado; tente de novo.", "DynamoDB is overloaded; try again.").Detail("left", len(left))
		}
		if err := s.pause(ctx, try); err != nil {
			return faultOf("write a batch", err)
		}
	}
}

// DeleteAll empties a partition, items that have ended included.
func (s *Store) DeleteAll(ctx context.Context, t *item.Table, partition string) error {
	q := item.Query{Partition: partition}
	if err := q.Check(t); err != nil {
		return err
	}
	in := &dynamodb.QueryInput{TableName: s.name(t), KeyConditionExpression: aws.String("#p = :p"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeNames: map[string]string{"#p": t.Partition}, ExpressionAttributeValues: attributes{":p": text(partition)},
		ProjectionExpression: aws.String("#p"), Limit: aws.Int32(item.MaxPage)}
	if t.Sort != "" {
		in.ExpressionAttributeNames["#s"] = t.Sort
		in.ProjectionExpression = aws.String("#p, #s")
	}
	for {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return faultOf("delete all", err)
		}
		for keys := range slices.Chunk(out.Items, maxBatch) {
			requests := make([]types.WriteRequest, len(keys))
			for i, k := range keys {
				requests[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}}
			}
			if err := s.batch(ctx, t, requests); err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
