package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/minio/pkg/v3/policy"
)

// A question: is the action allowed by these policies, of which each is a document?
type question struct {
	Policies []json.RawMessage   `json:"policies"`
	Account  string              `json:"account"`
	Action   string              `json:"action"`
	Bucket   string              `json:"bucket"`
	Object   string              `json:"object"`
	Values   map[string][]string `json:"values"`
}

func answer(q question) string {
	merged := []policy.Policy{}
	for _, document := range q.Policies {
		parsed, err := policy.ParseConfig(bytes.NewReader(document))
		if err != nil {
			return "error: " + err.Error()
		}
		merged = append(merged, *parsed)
	}
	args := policy.Args{
		AccountName: q.Account, Action: policy.Action(q.Action), BucketName: q.Bucket,
		ObjectName: q.Object, ConditionValues: q.Values,
	}
	if policy.MergePolicies(merged...).IsAllowed(args) {
		return "allowed"
	}
	return "denied"
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var q question
			if err := json.Unmarshal(line, &q); err != nil {
				fmt.Fprintln(out, "error: "+err.Error())
			} else {
				fmt.Fprintln(out, answer(q))
			}
		}
		if err != nil {
			return
		}
	}
}
