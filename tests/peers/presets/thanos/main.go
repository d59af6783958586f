// What Thanos does with its bucket: the package by which it stores its blocks.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/go-kit/log"
	"github.com/thanos-io/objstore"
	"github.com/thanos-io/objstore/providers/s3"
)

const text = "what is to be kept"

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Of a block there are files in a directory; what is to be deleted is listed first.
func main() {
	bucketName, prefix := os.Args[1], os.Args[2]
	endpoint, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL"))
	check(err)
	// YAML is a superset of JSON.
	config, err := json.Marshal(map[string]any{
		"bucket": bucketName, "endpoint": endpoint.Host, "region": os.Getenv("AWS_REGION"),
		"insecure": true, "aws_sdk_auth": true, "bucket_lookup_type": "path", "max_retries": 1,
	})
	check(err)
	store, err := s3.NewBucket(log.NewNopLogger(), config, "peer", nil)
	check(err)
	bucket := objstore.NewPrefixedBucket(store, prefix)
	ctx := context.Background()
	block := "01H00000000000000000000000/"
	for _, name := range []string{"meta.json", "index"} {
		check(bucket.Upload(ctx, block+name, bytes.NewReader([]byte(text))))
	}
	isThere, err := bucket.Exists(ctx, block+"deletion-mark.json")
	check(err)
	if isThere {
		check(fmt.Errorf("there is what was not uploaded"))
	}
	attributes, err := bucket.Attributes(ctx, block+"index")
	check(err)
	part, err := bucket.GetRange(ctx, block+"index", 0, attributes.Size)
	check(err)
	content, err := io.ReadAll(part)
	check(err)
	if string(content) != text {
		check(fmt.Errorf("read %q", content))
	}
	names := []string{}
	check(bucket.Iter(ctx, "", func(directory string) error {
		return bucket.Iter(ctx, directory, func(name string) error {
			names = append(names, name)
			return nil
		})
	}))
	if len(names) != 2 {
		check(fmt.Errorf("listed %v", names))
	}
	for _, name := range names {
		check(bucket.Delete(ctx, name))
	}
}
