package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/faiston/nexo/internal/item"
)

// readAhead is how many items a query asks for when ended ones made its first answer too short.
const readAhead = 100

// Get gives an item, or nil.
func (s *Store) Get(ctx context.Context, t *item.Table, k item.Key) (*item.Item, error) {
	if err := k.Check(t); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: s.name(t), Key: keyOf(t, k), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, faultOf("get", err)
	}
	return s.living(t, out.Item)
}

// Query reads a page. DynamoDB counts items before it filters those that have ended, so it is asked until
// the page is full; one item more than that tells whether there is another page.
func (s *Store) Query(ctx context.Context, t *item.Table, q item.Query) (item.Page, error) {
	if err := q.Check(t); err != nil {
		return item.Page{}, err
	}
	after, err := q.After(t)
	if err != nil {
		return item.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	want := q.Size() + 1
	in := s.queryInput(t, &q, after)
	in.Limit = aws.Int32(int32(want)) //nolint:gosec // at most MaxPage + 1
	var page item.Page
	for {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return item.Page{}, faultOf("query", err)
		}
		for _, a := range out.Items {
			it, err := itemOf(t, a)
			if err != nil {
				return item.Page{}, err
			}
			page.Items = append(page.Items, *it)
		}
		if len(out.LastEvaluatedKey) == 0 || len(page.Items) >= want {
			break
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
		in.Limit = aws.Int32(int32(max(want-len(page.Items), readAhead))) //nolint:gosec // at most MaxPage + 1
	}
	if len(page.Items) >= want {
		page.Items = page.Items[:q.Size()]
		page.Next = q.CursorAfter(t, q.PlaceOf(&page.Items[q.Size()-1]))
	}
	return page, nil
}

func (s *Store) queryInput(t *item.Table, q *item.Query, after *item.Place) *dynamodb.QueryInput {
	keys, filter := s.rangeOf(t, q)
	in := &dynamodb.QueryInput{TableName: s.name(t), KeyConditionExpression: keys.text, FilterExpression: filter,
		ExpressionAttributeNames: keys.names, ExpressionAttributeValues: keys.values, ScanIndexForward: aws.Bool(!q.Descending)}
	if q.Index == "" {
		in.ConsistentRead = aws.Bool(true)
	} else {
		in.IndexName = &q.Index
	}
	if after != nil {
		in.ExclusiveStartKey = keyOf(t, after.Key)
		if x := t.IndexOf(q.Index); x != nil && q.Index != "" {
			in.ExclusiveStartKey[x.Partition], in.ExclusiveStartKey[x.Sort] = text(q.Partition), text(after.Sort)
		}
	}
	return in
}
