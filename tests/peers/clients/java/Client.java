// What the AWS SDK for Java makes of the operations. Input and output are those of clients.py.

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

public class Client {
    static final String TEXT = "what is kept";
    static final int PART_SIZE = 6 * 1024 * 1024;

    interface Work {
        /** Gives a URL, or null. */
        String run() throws Exception;
    }

    final String endpoint;
    final String name;
    final String bucket;
    final String prefix;
    final StaticCredentialsProvider credentials;
    final S3Client s3;

    Client(String endpoint, Map<String, JsonNode> scene) {
        this.endpoint = endpoint;
        name = scene.get("name").asString();
        bucket = scene.get("bucket").asString();
        prefix = scene.get("prefix").asString();
        credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create(
            scene.get("accessKeyId").asString(), scene.get("secretAccessKey").asString()));
        s3 = S3Client.builder()
            .endpointOverride(URI.create(endpoint))
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(credentials)
            .overrideConfiguration(o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()))
            .build();
    }

    void attempt(String operation, Work work) {
        JsonWriter line = JsonWriter.create();
        line.writeStartObject();
        line.writeFieldName("scene").writeValue(name);
        line.writeFieldName("operation").writeValue(operation);
        try {
            String url = work.run();
            if (url == null) line.writeFieldName("ok").writeValue(true);
            else line.writeFieldName("url").writeValue(url);
        } catch (Exception error) {
            String words = error.getClass().getSimpleName() + ": " + error.getMessage();
            line.writeFieldName("error").writeValue(words);
        }
        line.writeEndObject();
        System.out.println(new String(line.getBytes(), StandardCharsets.UTF_8));
    }

    static void expect(Object found, Object wanted) {
        if (!found.equals(wanted)) throw new AssertionError(found + ", not " + wanted);
    }

    void uploadParts(String key) {
        String id = s3.createMultipartUpload(r -> r.bucket(bucket).key(key)).uploadId();
        List<CompletedPart> parts = IntStream.rangeClosed(1, 2).mapToObj(number -> {
            String tag = s3.uploadPart(
                r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number),
                RequestBody.fromBytes(new byte[PART_SIZE])).eTag();
            return CompletedPart.builder().partNumber(number).eTag(tag).build();
        }).toList();
        s3.completeMultipartUpload(
            r -> r.bucket(bucket).key(key).uploadId(id).multipartUpload(u -> u.parts(parts)));
    }

    String presign(String key) {
        try (S3Presigner presigner = S3Presigner.builder()
                .s3Client(s3)
                .endpointOverride(URI.create(endpoint))
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .build()) {
            return presigner.presignGetObject(p -> p
                .signatureDuration(Duration.ofMinutes(5))
                .getObjectRequest(r -> r.bucket(bucket).key(key))).url().toString();
        }
    }

    void play() {
        String kept = prefix + "kept.txt";
        String unwanted = prefix + "unwanted.txt";
        attempt("get", () -> {
            expect(s3.getObjectAsBytes(r -> r.bucket(bucket).key(kept)).asUtf8String(), TEXT);
            return null;
        });
        attempt("list", () -> {
            expect(s3.listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix)).contents()
                .stream().map(S3Object::key).toList(), List.of(kept, unwanted));
            return null;
        });
        attempt("put", () -> {
            s3.putObject(r -> r.bucket(bucket).key(prefix + "put.txt"), RequestBody.fromString(TEXT));
            return null;
        });
        attempt("copy", () -> {
            s3.copyObject(r -> r.sourceBucket(bucket).sourceKey(kept)
                .destinationBucket(bucket).destinationKey(prefix + "copy.txt"));
            return null;
        });
        attempt("multipart", () -> {
            uploadParts(prefix + "large.bin");
            return null;
        });
        attempt("presign", () -> presign(kept));
        attempt("missing", () -> {
            s3.headObject(r -> r.bucket(bucket).key(prefix + "missing.txt"));
            return null;
        });
        attempt("delete", () -> {
            s3.deleteObject(r -> r.bucket(bucket).key(unwanted));
            return null;
        });
    }

    public static void main(String[] args) {
        Map<String, JsonNode> task = JsonNode.parser().parse(System.in).asObject();
        String endpoint = task.get("endpoint").asString();
        for (JsonNode scene : task.get("scenes").asArray()) new Client(endpoint, scene.asObject()).play();
    }
}
