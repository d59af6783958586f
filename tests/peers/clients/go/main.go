// What the AWS SDK for Go makes of the operations. Input and output are those of clients.py.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const text = "what is kept"
const megabyte = 1024 * 1024

var large = make([]byte, 12*megabyte)

type scene struct {
	Name, Bucket, Prefix, AccessKeyID, SecretAccessKey string
}

type outcome struct {
	Scene     string `json:"scene"`
	Operation string `json:"operation"`
	OK        bool   `json:"ok,omitempty"`
	URL       string `json:"url,omitempty"`
	Error     string `json:"error,omitempty"`
}

func connect(endpoint string, s scene) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint:     aws.String(endpoint),
		Region:           "us-east-1",
		UsePathStyle:     true,
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey}, nil
		}),
	})
}

func get(ctx context.Context, client *s3.Client, bucket, key string) error {
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	if found, err := io.ReadAll(object.Body); err != nil || string(found) != text {
		return fmt.Errorf("%q, not %q, %v", found, text, err)
	}
	return nil
}

func list(ctx context.Context, client *s3.Client, bucket, prefix string, wanted []string) error {
	var found []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			found = append(found, *object.Key)
		}
	}
	if !slices.Equal(found, wanted) {
		return fmt.Errorf("%q, not %q", found, wanted)
	}
	return nil
}

func play(ctx context.Context, client *s3.Client, s scene, write func(outcome)) {
	bucket := &s.Bucket
	key := func(name string) *string { return aws.String(s.Prefix + name) }
	kept, unwanted := key("kept.txt"), key("unwanted.txt")
	do := func(operation string, url string, err error) {
		done := outcome{Scene: s.Name, Operation: operation, OK: err == nil && url == "", URL: url}
		if err != nil {
			done.Error = err.Error()
		}
		write(done)
	}
	do("get", "", get(ctx, client, s.Bucket, *kept))
	do("list", "", list(ctx, client, s.Bucket, s.Prefix, []string{*kept, *unwanted}))
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: key("put.txt"), Body: strings.NewReader(text),
	})
	do("put", "", err)
	_, err = client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: key("copy.txt"), CopySource: aws.String(s.Bucket + "/" + *kept),
	})
	do("copy", "", err)
	transfer := transfermanager.New(client, func(options *transfermanager.Options) {
		options.PartSizeBytes = 5 * megabyte
		options.MultipartUploadThreshold = 5 * megabyte
	})
	_, err = transfer.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: bucket, Key: key("large.bin"), Body: bytes.NewReader(large),
	})
	do("multipart", "", err)
	signed, err := s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: kept})
	do("presign", signed.URL, err)
	_, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key("missing.txt")})
	do("missing", "", err)
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: unwanted})
	do("delete", "", err)
}

func main() {
	var asked struct {
		Endpoint string
		Scenes   []scene
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	lines := json.NewEncoder(os.Stdout)
	for _, s := range asked.Scenes {
		play(context.Background(), connect(asked.Endpoint, s), s, func(done outcome) { _ = lines.Encode(done) })
	}
}
