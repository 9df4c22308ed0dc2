package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/faiston/nexo/internal/item"
)

// CreateTables makes the tables that are missing, with their indexes and their end of life. It is for
// tests and servers on this machine: on AWS the tables are Terraform's, which also protects and backs them up.
func (s *Store) CreateTables(ctx context.Context) error {
	for _, t := range item.Tables() {
		if err := s.createTable(ctx, t); err != nil {
			return faultOf("create table", err)
		}
	}
	return nil
}

func (s *Store) createTable(ctx context.Context, t *item.Table) error {
	_, err := s.client.CreateTable(ctx, tableInput(t, s.name(t)))
	var there *types.ResourceInUseException
	if errors.As(err, &there) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := dynamodb.NewTableExistsWaiter(s.client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: s.name(t)}, callTimeout); err != nil {
		return err
	}
	if t.Expires == "" {
		return nil
	}
	_, err = s.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: s.name(t),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.Expires, Enabled: aws.Bool(true)}})
	return err
}

// tableInput describes a table: text keys, on demand, whole items in every index.
func tableInput(t *item.Table, name *string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: name, BillingMode: types.BillingModePayPerRequest}
	schema := func(partition, sort string) []types.KeySchemaElement {
		out := []types.KeySchemaElement{{AttributeName: &partition, KeyType: types.KeyTypeHash}}
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &partition, AttributeType: types.ScalarAttributeTypeS})
		if sort != "" {
			out = append(out, types.KeySchemaElement{AttributeName: &sort, KeyType: types.KeyTypeRange})
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &sort, AttributeType: types.ScalarAttributeTypeS})
		}
		return out
	}
	in.KeySchema = schema(t.Partition, t.Sort)
	for _, x := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: &x.Name,
			KeySchema: schema(x.Partition, x.Sort), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}})
	}
	return in
}
