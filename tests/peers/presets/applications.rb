# What Active Storage of Ruby on Rails does with a bucket: applications.rb BUCKET PREFIX [public].

require "digest"
require "net/http"
require "stringio"
require "active_support/all"
require "action_dispatch"
require "active_storage"
require "active_storage/service/s3_service"
require "#{Gem.loaded_specs["activestorage"].full_gem_path}/app/models/active_storage/filename"

TEXT = "what is to be kept"

def check(is_so, what)
  abort what unless is_so
end

bucket, prefix, role = ARGV
service = ActiveStorage::Service::S3Service.new(
  bucket: bucket, public: role == "public", region: ENV.fetch("AWS_REGION"),
  endpoint: ENV.fetch("AWS_ENDPOINT_URL"), force_path_style: true, retry_limit: 0
)
key = "#{prefix}report"
variant = "#{prefix}variants/report/small"
[key, variant].each do |name|
  checksum = Digest::MD5.base64digest(TEXT)
  service.upload(name, StringIO.new(TEXT), checksum: checksum, content_type: "text/plain")
end
check(service.exist?(key), "it is not there")
check(!service.exist?("#{prefix}missing"), "what was not uploaded is there")
check(service.download(key) == TEXT, "it has other content")
url = service.url(
  key, expires_in: 60, disposition: :inline, content_type: "text/plain",
  filename: ActiveStorage::Filename.new("report.txt")
)
check(Net::HTTP.get(URI(url)) == TEXT, "its address gives other content")
service.delete(key)
service.delete_prefixed("#{prefix}variants/")
check(!service.exist?(variant), "it is still there")
