// A bare stand-in for S3, for measuring clients: keeps objects in memory, checks nothing, and takes
// as little time as it can, so that what is measured is the client.
package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An object is a list of pieces, so that completing an upload copies nothing.
type object struct {
	pieces [][]byte
	size   int64
	etag   string
	time   time.Time
}

type store struct {
	sync.RWMutex
	buckets map[string]map[string]*object
	uploads map[string]map[int][]byte
	count   int
}

var kept = store{buckets: map[string]map[string]*object{}, uploads: map[string]map[int][]byte{}}

const timeFormat = "2006-01-02T15:04:05.000Z"

func main() {
	// Objects that were overwritten must not fill the machine.
	debug.SetGCPercent(25)
	server := &http.Server{Addr: os.Args[1], Handler: http.HandlerFunc(serve)}
	if len(os.Args) > 2 {
		log.Fatal(serveTLS(server, os.Args[2]))
	}
	log.Fatal(server.ListenAndServe())
}

func serve(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	switch {
	case key == "" && r.Method == http.MethodPut:
		kept.Lock()
		kept.buckets[bucket] = map[string]*object{}
		kept.Unlock()
	case key == "" && r.Method == http.MethodPost && query.Has("delete"):
		deleteMany(w, r, bucket)
	case key == "":
		list(w, bucket, query)
	case r.Method == http.MethodPut && query.Has("uploadId"):
		body := read(r)
		number, _ := strconv.Atoi(query.Get("partNumber"))
		kept.Lock()
		kept.uploads[query.Get("uploadId")][number] = body
		kept.Unlock()
		w.Header().Set("ETag", `"part"`)
	case r.Method == http.MethodPut:
		put(bucket, key, [][]byte{read(r)})
		w.Header().Set("ETag", `"object-1"`)
	case r.Method == http.MethodPost && query.Has("uploads"):
		kept.Lock()
		kept.count++
		id := fmt.Sprintf("upload-%d", kept.count)
		kept.uploads[id] = map[int][]byte{}
		kept.Unlock()
		answer(w, "<InitiateMultipartUploadResult><UploadId>"+id+"</UploadId></InitiateMultipartUploadResult>")
	case r.Method == http.MethodPost:
		complete(w, r, bucket, key, query.Get("uploadId"))
	case r.Method == http.MethodDelete:
		kept.Lock()
		delete(kept.buckets[bucket], key)
		kept.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		get(w, r, bucket, key)
	}
}

// The aws CLI and others send a body in signed or unsigned chunks, whose frames are left out here.
func read(r *http.Request) []byte {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		body := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, 0)+bytes.MinRead))
		body.ReadFrom(r.Body)
		return body.Bytes()
	}
	framed, _ := io.ReadAll(r.Body)
	body := make([]byte, 0, len(framed))
	for len(framed) > 0 {
		end := bytes.Index(framed, []byte("\r\n"))
		if end < 0 {
			break
		}
		digits, _, _ := strings.Cut(string(framed[:end]), ";")
		length, err := strconv.ParseInt(digits, 16, 64)
		if err != nil || length == 0 {
			break
		}
		body = append(body, framed[end+2:end+2+int(length)]...)
		framed = framed[end+2+int(length)+2:]
	}
	return body
}

func put(bucket, key string, pieces [][]byte) {
	made := &object{pieces: pieces, etag: `"object-1"`, time: time.Now().UTC()}
	for _, piece := range pieces {
		made.size += int64(len(piece))
	}
	kept.Lock()
	defer kept.Unlock()
	if kept.buckets[bucket] == nil {
		kept.buckets[bucket] = map[string]*object{}
	}
	kept.buckets[bucket][key] = made
}

func complete(w http.ResponseWriter, r *http.Request, bucket, key, id string) {
	io.Copy(io.Discard, r.Body)
	kept.Lock()
	parts := kept.uploads[id]
	delete(kept.uploads, id)
	kept.Unlock()
	numbers := make([]int, 0, len(parts))
	for number := range parts {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	pieces := make([][]byte, 0, len(parts))
	for _, number := range numbers {
		pieces = append(pieces, parts[number])
	}
	put(bucket, key, pieces)
	answer(w, `<CompleteMultipartUploadResult><ETag>"object-1"</ETag></CompleteMultipartUploadResult>`)
}

func get(w http.ResponseWriter, r *http.Request, bucket, key string) {
	kept.RLock()
	found := kept.buckets[bucket][key]
	kept.RUnlock()
	if found == nil {
		w.WriteHeader(http.StatusNotFound)
		if r.Method != http.MethodHead {
			io.WriteString(w, "<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>")
		}
		return
	}
	start, end := int64(0), found.size
	header := w.Header()
	header.Set("ETag", found.etag)
	header.Set("Last-Modified", found.time.Format(http.TimeFormat))
	header.Set("Accept-Ranges", "bytes")
	header.Set("Content-Type", "binary/octet-stream")
	status := http.StatusOK
	if from, to, isRange := strings.Cut(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"); isRange {
		start, _ = strconv.ParseInt(from, 10, 64)
		if last, err := strconv.ParseInt(to, 10, 64); err == nil {
			end = min(last+1, end)
		}
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, found.size))
		status = http.StatusPartialContent
	}
	header.Set("Content-Length", strconv.FormatInt(end-start, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	offset := int64(0)
	for _, piece := range found.pieces {
		length := int64(len(piece))
		if from, to := max(start-offset, 0), min(end-offset, length); from < to {
			w.Write(piece[from:to])
		}
		offset += length
	}
}

func deleteMany(w http.ResponseWriter, r *http.Request, bucket string) {
	var request struct {
		Object []struct{ Key string }
	}
	xml.NewDecoder(r.Body).Decode(&request)
	kept.Lock()
	for _, object := range request.Object {
		delete(kept.buckets[bucket], object.Key)
	}
	kept.Unlock()
	answer(w, "<DeleteResult></DeleteResult>")
}

// The bucket "listing" holds as many keys as its name says; they are made up as they are asked for.
func list(w http.ResponseWriter, bucket string, query url.Values) {
	kept.RLock()
	objects := kept.buckets[bucket]
	keys := make([]string, 0, len(objects))
	for key := range objects {
		if strings.HasPrefix(key, query.Get("prefix")) {
			keys = append(keys, key)
		}
	}
	kept.RUnlock()
	sort.Strings(keys)
	size := len(keys)
	made, err := strconv.Atoi(strings.TrimPrefix(bucket, "listing-"))
	isMadeUp := err == nil && strings.HasPrefix(bucket, "listing-")
	if isMadeUp {
		size = made
	}
	start, _ := strconv.Atoi(query.Get("continuation-token"))
	end := min(start+1000, size)
	var page strings.Builder
	prefixes := map[string]bool{}
	for at := start; at < end; at++ {
		if isMadeUp {
			entry(&page, fmt.Sprintf("folder-%03d/object-%07d.txt", at/1000, at), int64(at), time.Unix(1700000000, 0).UTC())
			continue
		}
		key := keys[at]
		if delimiter := query.Get("delimiter"); delimiter != "" {
			rest := strings.TrimPrefix(key, query.Get("prefix"))
			if inner, _, isBelow := strings.Cut(rest, delimiter); isBelow {
				prefixes[query.Get("prefix")+inner+delimiter] = true
				continue
			}
		}
		kept.RLock()
		found := kept.buckets[bucket][key]
		kept.RUnlock()
		entry(&page, key, found.size, found.time)
	}
	for prefix := range prefixes {
		page.WriteString("<CommonPrefixes><Prefix>" + prefix + "</Prefix></CommonPrefixes>")
	}
	next := ""
	if end < size {
		next = fmt.Sprintf("<NextContinuationToken>%d</NextContinuationToken>", end)
	}
	answer(w, fmt.Sprintf(
		`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>%s</Name><Prefix>%s</Prefix>`+
			`<EncodingType>url</EncodingType><KeyCount>%d</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>%t</IsTruncated>%s%s</ListBucketResult>`,
		bucket, query.Get("prefix"), end-start, end < size, next, page.String()))
}

func entry(page *strings.Builder, key string, size int64, modified time.Time) {
	fmt.Fprintf(page, "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;a4cff17d189e7eb0c4d3bf0257e56885-1&quot;</ETag>"+
		"<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>", key, modified.Format(timeFormat), size)
}

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/xml")
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+text)
}
