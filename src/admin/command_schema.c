/* Apple's commands and their keys. Written by command_schema.py: do not edit. */
#include "admin/command_schema.h"

#define S PL_STRING
#define B PL_BOOL
#define I PL_INTEGER
#define R PL_REAL
#define X PL_DATA
#define T PL_DATE
#define D PL_DICT
#define A PL_ARRAY
#define O PL_OTHER

static const struct schema_key k0[] = {
	{ "shortName", S, 1, 0, 0 }, { "fullName", S, 0, 0, 0 }, { "passwordHash", X, 0, 0, 0 },
	{ "hidden", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k1[] = {
	{ "AutoSetupAdminAccountItem", D, 0, 0, k0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k2[] = {
	{ "SkipPrimarySetupAccountCreation", B, 0, 0, 0 },
	{ "SetPrimarySetupAccountAsRegularUser", B, 0, 0, 0 },
	{ "PrimaryAccountFullName", S, 0, 0, 0 }, { "PrimaryAccountUserName", S, 0, 0, 0 },
	{ "DontAutoPopulatePrimaryAccountInfo", B, 0, 0, 0 },
	{ "LockPrimaryAccountInfo", B, 0, 0, 0 }, { "AutoSetupAdminAccounts", A, 0, 0, k1 },
	{ "ManagedLocalUserShortName", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k3[] = {
	{ "FilterExtensionPointsItem", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k4[] = {
	{ "FilterExtensionPoints", A, 0, 0, k3 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k5[] = {
	{ "ManifestURLPinningCertsItem", X, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k6[] = {
	{ "Manifest", D, 0, 0, 0 }, { "ManifestURL", S, 0, 0, 0 },
	{ "ManifestURLPinningCerts", A, 0, 0, k5 },
	{ "PinningRevocationCheckRequired", B, 0, 0, 0 }, { "InstallAsManaged", B, 0, 0, 0 },
	{ "ManagementFlags", I, 0, "|1|", 0 }, { "Configuration", D, 0, 0, 0 },
	{ "ChangeManagementState", S, 0, "|Managed|", 0 }, { "iOSApp", B, 0, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k7[] = {
	{ "PurchaseMethod", I, 0, "|0|1|", 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k8[] = {
	{ "AssociatedDomain", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k9[] = {
	{ "VPNUUID", S, 0, 0, 0 }, { "ContentFilterUUID", S, 0, 0, 0 },
	{ "DNSProxyUUID", S, 0, 0, 0 }, { "RelayUUID", S, 0, 0, 0 },
	{ "AssociatedDomains", A, 0, 0, k8 },
	{ "AssociatedDomainsEnableDirectDownloads", B, 0, 0, 0 }, { "Removable", B, 0, 0, 0 },
	{ "TapToPayScreenLock", B, 0, 0, 0 }, { "CellularSliceUUID", S, 0, 0, 0 },
	{ "Hideable", B, 0, 0, 0 }, { "Lockable", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k10[] = {
	{ "iTunesStoreID", I, 0, 0, 0 }, { "Identifier", S, 0, 0, 0 }, { "Options", D, 0, 0, k7 },
	{ "ManifestURL", S, 0, 0, 0 }, { "ManagementFlags", I, 0, "|1|4|5|", 0 },
	{ "Configuration", D, 0, 0, 0 }, { "Attributes", D, 0, 0, k9 },
	{ "ChangeManagementState", S, 0, "|Managed|", 0 }, { "InstallAsManaged", B, 0, 0, 0 },
	{ "iOSApp", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k11[] = {
	{ "IdentifiersItem", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k12[] = {
	{ "ItemsItem", S, 0, "|AdHocCodeSigned|AppStoreVendable|BetaApp|BundleSize|"
		"DeviceBasedVPP|DistributorIdentifier|DynamicSize|ExternalVersionIdentifier|"
		"HasUpdateAvailable|Identifier|Installing|IsAppClip|IsValidated|Name|"
		"ShortVersion|Version|", 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k13[] = {
	{ "Identifiers", A, 0, 0, k11 }, { "ManagedAppsOnly", B, 0, 0, 0 },
	{ "Items", A, 0, 0, k12 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k14[] = {
	{ "ProgramID", S, 1, "|com.apple.cloudvpp|", 0 }, { "InvitationURL", S, 1, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k15[] = {
	{ "Identifiers", A, 0, 0, k11 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k16[] = {
	{ "Identifier", S, 1, 0, 0 }, { "RedemptionCode", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k17[] = {
	{ "Identifier", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k18[] = {
	{ "ManagedOnly", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k19[] = {
	{ "Data", X, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k20[] = {
	{ "Enabled", B, 1, 0, 0 }, { "WiFiProfileData", X, 0, 0, 0 },
	{ "MDMProfileData", X, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k21[] = {
	{ "PreserveDataPlan", B, 0, 0, 0 }, { "DisallowProximitySetup", B, 0, 0, 0 },
	{ "PIN", S, 0, 0, 0 },
	{ "ObliterationBehavior", S, 0, "|Default|DoNotObliterate|ObliterateWithWarning|"
		"Always|", 0 },
	{ "ReturnToService", D, 0, 0, k20 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k22[] = {
	{ "eSIMServerURL", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k23[] = {
	{ "Message", S, 0, 0, 0 }, { "PhoneNumber", S, 0, 0, 0 }, { "PIN", S, 0, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k24[] = {
	{ "Message", S, 0, 0, 0 }, { "PhoneNumber", S, 0, 0, 0 }, { "Footnote", S, 0, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k25[] = {
	{ "KextPathsItem", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k26[] = {
	{ "RebuildKernelCache", B, 0, 0, 0 }, { "KextPaths", A, 0, 0, k25 },
	{ "NotifyUser", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k27[] = {
	{ "ProfileRestrictions", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k28[] = {
	{ "UDID", S, 0, 0, 0 }, { "ProvisioningUDID", S, 0, 0, 0 },
	{ "OrganizationInfo", S, 0, 0, 0 }, { "MDMOptions", S, 0, 0, 0 },
	{ "LastCloudBackupDate", S, 0, 0, 0 }, { "AwaitingConfiguration", S, 0, 0, 0 },
	{ "iTunesStoreAccountIsActive", S, 0, 0, 0 }, { "iTunesStoreAccountHash", S, 0, 0, 0 },
	{ "DeviceName", S, 0, 0, 0 }, { "OSVersion", S, 0, 0, 0 },
	{ "SupplementalOSVersionExtra", S, 0, 0, 0 }, { "BuildVersion", S, 0, 0, 0 },
	{ "SupplementalBuildVersion", S, 0, 0, 0 }, { "ModelName", S, 0, 0, 0 },
	{ "Model", S, 0, 0, 0 }, { "ModelNumber", S, 0, 0, 0 }, { "IsAppleSilicon", S, 0, 0, 0 },
	{ "ProductName", S, 0, 0, 0 }, { "SerialNumber", S, 0, 0, 0 },
	{ "DeviceCapacity", S, 0, 0, 0 }, { "AvailableDeviceCapacity", S, 0, 0, 0 },
	{ "IMEI", S, 0, 0, 0 }, { "MEID", S, 0, 0, 0 }, { "ModemFirmwareVersion", S, 0, 0, 0 },
	{ "CellularTechnology", S, 0, 0, 0 }, { "BatteryLevel", S, 0, 0, 0 },
	{ "HasBattery", S, 0, 0, 0 }, { "IsSupervised", S, 0, 0, 0 },
	{ "IsMultiUser", S, 0, 0, 0 }, { "IsDeviceLocatorServiceEnabled", S, 0, 0, 0 },
	{ "IsActivationLockEnabled", S, 0, 0, 0 }, { "IsActivationLockSupported", S, 0, 0, 0 },
	{ "IsDoNotDisturbInEffect", S, 0, 0, 0 }, { "DeviceID", S, 0, 0, 0 },
	{ "EASDeviceIdentifier", S, 0, 0, 0 }, { "IsCloudBackupEnabled", S, 0, 0, 0 },
	{ "ActiveManagedUsers", S, 0, 0, 0 }, { "OSUpdateSettings", S, 0, 0, 0 },
	{ "LocalHostName", S, 0, 0, 0 }, { "HostName", S, 0, 0, 0 },
	{ "AutoSetupAdminAccounts", S, 0, 0, 0 },
	{ "SystemIntegrityProtectionEnabled", S, 0, 0, 0 }, { "SupportsLOMDevice", S, 0, 0, 0 },
	{ "IsMDMLostModeEnabled", S, 0, 0, 0 }, { "MaximumResidentUsers", S, 0, 0, 0 },
	{ "EstimatedResidentUsers", S, 0, 0, 0 }, { "QuotaSize", S, 0, 0, 0 },
	{ "ResidentUsers", S, 0, 0, 0 }, { "UserSessionTimeout", S, 0, 0, 0 },
	{ "TemporarySessionTimeout", S, 0, 0, 0 }, { "TemporarySessionOnly", S, 0, 0, 0 },
	{ "ManagedAppleIDDefaultDomains", S, 0, 0, 0 },
	{ "OnlineAuthenticationGracePeriod", S, 0, 0, 0 },
	{ "SkipLanguageAndLocaleSetupForNewUsers", S, 0, 0, 0 }, { "PushToken", S, 0, 0, 0 },
	{ "DiagnosticSubmissionEnabled", S, 0, 0, 0 }, { "AppAnalyticsEnabled", S, 0, 0, 0 },
	{ "TimeZone", S, 0, 0, 0 }, { "ICCID", S, 0, 0, 0 }, { "BluetoothMAC", S, 0, 0, 0 },
	{ "WiFiMAC", S, 0, 0, 0 }, { "EthernetMAC", S, 0, 0, 0 },
	{ "CurrentCarrierNetwork", S, 0, 0, 0 }, { "SIMCarrierNetwork", S, 0, 0, 0 },
	{ "SubscriberCarrierNetwork", S, 0, 0, 0 }, { "CarrierSettingsVersion", S, 0, 0, 0 },
	{ "PhoneNumber", S, 0, 0, 0 }, { "DataRoamingEnabled", S, 0, 0, 0 },
	{ "VoiceRoamingEnabled", S, 0, 0, 0 }, { "PersonalHotspotEnabled", S, 0, 0, 0 },
	{ "IsNetworkTethered", S, 0, 0, 0 }, { "IsRoaming", S, 0, 0, 0 },
	{ "SubscriberMCC", S, 0, 0, 0 }, { "SubscriberMNC", S, 0, 0, 0 },
	{ "CurrentMCC", S, 0, 0, 0 }, { "CurrentMNC", S, 0, 0, 0 },
	{ "ServiceSubscriptions", S, 0, 0, 0 }, { "PINRequiredForEraseDevice", S, 0, 0, 0 },
	{ "PINRequiredForDeviceLock", S, 0, 0, 0 }, { "SupportsiOSAppInstalls", S, 0, 0, 0 },
	{ "SoftwareUpdateDeviceID", S, 0, 0, 0 }, { "SoftwareUpdateSettings", S, 0, 0, 0 },
	{ "AccessibilitySettings", S, 0, 0, 0 }, { "DevicePropertiesAttestation", S, 0, 0, 0 },
	{ "EACSPreflight", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k29[] = {
	{ "QueriesItem", S, 0, 0, k28 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k30[] = {
	{ "Queries", A, 1, 0, k29 }, { "DeviceAttestationNonce", X, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k31[] = {
	{ "PrimaryIPv6AddressListItem", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k32[] = {
	{ "SecondaryIPv6AddressListItem", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k33[] = {
	{ "DeviceRequestType", S, 1, "|PowerON|PowerOFF|Reset|", 0 },
	{ "DeviceRequestUUID", S, 1, 0, 0 }, { "DeviceDNSName", S, 1, 0, 0 },
	{ "PrimaryIPv6AddressList", A, 1, 0, k31 }, { "SecondaryIPv6AddressList", A, 1, 0, k32 },
	{ "LOMProtocolVersion", I, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k34[] = {
	{ "RequestListItem", D, 1, 0, k33 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k35[] = {
	{ "RequestList", A, 1, 0, k34 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k36[] = {
	{ "Identifiers", A, 1, 0, k11 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k37[] = {
	{ "Identifiers", A, 1, 0, k11 }, { "DeleteFeedback", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k38[] = {
	{ "iTunesStoreID", I, 0, 0, 0 }, { "MediaURL", S, 0, 0, 0 },
	{ "MediaType", S, 1, "|Book|", 0 }, { "PersistentID", S, 0, 0, 0 },
	{ "Kind", S, 0, "|pdf|epub|ibooks|", 0 }, { "Version", S, 0, 0, 0 },
	{ "Author", S, 0, 0, 0 }, { "Title", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k39[] = {
	{ "MediaType", S, 1, "|Book|", 0 }, { "iTunesStoreID", O, 0, 0, 0 },
	{ "PersistentID", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k40[] = {
	{ "DestinationName", S, 0, 0, 0 }, { "DestinationDeviceID", S, 0, 0, 0 },
	{ "ScanTime", I, 0, 0, 0 }, { "Password", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k41[] = {
	{ "UnlockToken", X, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k42[] = {
	{ "CurrentPassword", S, 0, 0, 0 }, { "NewPassword", S, 1, 0, 0 },
	{ "AllowOroms", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k43[] = {
	{ "Password", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k44[] = {
	{ "CurrentPassword", S, 0, 0, 0 }, { "NewPassword", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k45[] = {
	{ "Payload", X, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k46[] = {
	{ "ProvisioningProfile", X, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k47[] = {
	{ "UUID", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k48[] = {
	{ "Password", S, 0, 0, 0 }, { "PrivateKeyExport", X, 0, 0, 0 },
	{ "PrivateKeyExportPassword", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k49[] = {
	{ "KeyType", S, 1, "|personal|institutional|", 0 }, { "FileVaultUnlock", D, 1, 0, k48 },
	{ "NewCertificate", X, 0, 0, 0 }, { "ReplyEncryptionCertificate", X, 0, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k50[] = {
	{ "GUID", S, 1, 0, 0 }, { "passwordHash", X, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k51[] = {
	{ "Item", S, 1, "|Wallpaper|", 0 }, { "Image", X, 1, 0, 0 },
	{ "Where", I, 1, "|1|2|3|", 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k52[] = {
	{ "Item", S, 1, "|DataRoaming|", 0 }, { "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k53[] = {
	{ "Item", S, 1, "|VoiceRoaming|", 0 }, { "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k54[] = {
	{ "Item", S, 1, "|PersonalHotspot|", 0 }, { "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k55[] = {
	{ "Item", S, 1, "|Bluetooth|", 0 }, { "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k56[] = {
	{ "Item", S, 1, "|ApplicationConfiguration|", 0 }, { "Identifier", S, 1, 0, 0 },
	{ "Configuration", D, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k57[] = {
	{ "Item", S, 1, "|ApplicationAttributes|", 0 }, { "Identifier", S, 1, 0, 0 },
	{ "Attributes", D, 0, 0, k9 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k58[] = {
	{ "Item", S, 1, "|DeviceName|", 0 }, { "DeviceName", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k59[] = {
	{ "Item", S, 1, "|HostName|", 0 }, { "HostName", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k60[] = {
	{ "OrganizationName", S, 1, 0, 0 }, { "OrganizationShortName", S, 0, 0, 0 },
	{ "OrganizationAddress", S, 0, 0, 0 }, { "OrganizationPhone", S, 0, 0, 0 },
	{ "OrganizationEmail", S, 0, 0, 0 }, { "OrganizationMagic", S, 0, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k61[] = {
	{ "Item", S, 1, "|OrganizationInfo|", 0 }, { "OrganizationInfo", D, 0, 0, k60 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k62[] = {
	{ "ActivationLockAllowedWhileSupervised", B, 0, 0, 0 },
	{ "BootstrapTokenAllowed", B, 0, 0, 0 },
	{ "PromptUserToAllowBootstrapTokenForAuthentication", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k63[] = {
	{ "Item", S, 1, "|MDMOptions|", 0 }, { "MDMOptions", D, 1, 0, k62 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k64[] = {
	{ "Item", S, 1, "|MaximumResidentUsers|", 0 }, { "MaximumResidentUsers", I, 1, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k65[] = {
	{ "AppleID domain", S, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k66[] = {
	{ "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k67[] = {
	{ "PasscodeLockGracePeriod", I, 0, "|0|60|300|900|3600|14400|", 0 },
	{ "AutoLockTime", I, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k68[] = {
	{ "Item", S, 1, "|SharedDeviceConfiguration|", 0 }, { "QuotaSize", I, 0, 0, 0 },
	{ "ResidentUsers", I, 0, 0, 0 }, { "UserSessionTimeout", I, 0, 0, 0 },
	{ "TemporarySessionTimeout", I, 0, 0, 0 }, { "TemporarySessionOnly", B, 0, 0, 0 },
	{ "ManagedAppleIDDefaultDomains", A, 0, 0, k65 },
	{ "OnlineAuthenticationGracePeriod", I, 0, 0, 0 },
	{ "SkipLanguageAndLocaleSetupForNewUsers", B, 0, 0, 0 },
	{ "AwaitUserConfiguration", D, 0, 0, k66 }, { "PasscodePolicy", D, 0, 0, k67 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k69[] = {
	{ "Item", S, 1, "|DiagnosticSubmission|", 0 }, { "Enabled", B, 1, 0, 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k70[] = {
	{ "Item", S, 1, "|AppAnalytics|", 0 }, { "Enabled", B, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k71[] = {
	{ "Item", S, 1, "|PasscodeLockGracePeriod|", 0 },
	{ "PasscodeLockGracePeriod", I, 1, "|0|60|300|900|3600|14400|", 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k72[] = {
	{ "Item", S, 1, "|TimeZone|", 0 }, { "TimeZone", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k73[] = {
	{ "Item", S, 1, "|SoftwareUpdateSettings|", 0 },
	{ "RecommendationCadence", I, 1, "|0|1|2|", 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k74[] = {
	{ "Item", S, 1, "|AccessibilitySettings|", 0 }, { "BoldTextEnabled", B, 0, 0, 0 },
	{ "IncreaseContrastEnabled", B, 0, 0, 0 }, { "ReduceMotionEnabled", B, 0, 0, 0 },
	{ "ReduceTransparencyEnabled", B, 0, 0, 0 },
	{ "TextSize", I, 0, "|0|1|2|3|4|5|6|7|8|9|10|11|", 0 },
	{ "TouchAccommodationsEnabled", B, 0, 0, 0 }, { "VoiceOverEnabled", B, 0, 0, 0 },
	{ "ZoomEnabled", B, 0, 0, 0 }, { "GrayscaleEnabled", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k75[] = {
	{ "Wallpaper", D, 0, 0, k51 }, { "DataRoaming", D, 0, 0, k52 },
	{ "VoiceRoaming", D, 0, 0, k53 }, { "PersonalHotspot", D, 0, 0, k54 },
	{ "Bluetooth", D, 0, 0, k55 }, { "ApplicationConfiguration", D, 0, 0, k56 },
	{ "ApplicationAttributes", D, 0, 0, k57 }, { "DeviceName", D, 0, 0, k58 },
	{ "HostName", D, 0, 0, k59 }, { "OrganizationInfo", D, 0, 0, k61 },
	{ "MDMOptions", D, 0, 0, k63 }, { "MaximumResidentUsers", D, 0, 0, k64 },
	{ "SharedDeviceConfiguration", D, 0, 0, k68 }, { "DiagnosticSubmission", D, 0, 0, k69 },
	{ "AppAnalytics", D, 0, 0, k70 }, { "PasscodeLockGracePeriod", D, 0, 0, k71 },
	{ "TimeZone", D, 0, 0, k72 }, { "SoftwareUpdateSettings", D, 0, 0, k73 },
	{ "AccessibilitySettings", D, 0, 0, k74 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k76[] = {
	{ "Settings", A, 1, 0, k75 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k77[] = {
	{ "Force", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k78[] = {
	{ "ProductKey", S, 0, 0, 0 }, { "ProductVersion", S, 0, 0, 0 },
	{ "InstallAction", S, 1, "|Default|DownloadOnly|InstallASAP|NotifyOnly|"
		"InstallLater|InstallForceRestart|", 0 },
	{ "MaxUserDeferrals", I, 0, 0, 0 }, { "Priority", S, 0, "|Low|High|", 0 },
	{ 0, O, 0, 0, 0 },
};
static const struct schema_key k79[] = {
	{ "UpdatesItem", D, 1, 0, k78 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k80[] = {
	{ "Updates", A, 1, 0, k79 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k81[] = {
	{ "UserName", S, 0, 0, 0 }, { "ForceDeletion", B, 0, 0, 0 },
	{ "DeleteAllUsers", B, 0, 0, 0 }, { 0, O, 0, 0, 0 },
};
static const struct schema_key k82[] = {
	{ "UserName", S, 1, 0, 0 }, { 0, O, 0, 0, 0 },
};

const struct schema_command schema_commands[] = {
	{ "AccountConfiguration", k2 }, { "ActivationLockBypassCode", 0 },
	{ "ActiveNSExtensions", k4 }, { "ApplyRedemptionCode", k16 }, { "AvailableOSUpdates", 0 },
	{ "CertificateList", k18 }, { "ClearActivationLockBypassCode", 0 },
	{ "ClearPasscode", k41 }, { "ClearRestrictionsPassword", 0 },
	{ "ContentCachingInformation", 0 }, { "DeclarativeManagement", k19 },
	{ "DeleteUser", k81 }, { "DeviceConfigured", 0 }, { "DeviceInformation", k30 },
	{ "DeviceLocation", 0 }, { "DeviceLock", k23 }, { "DisableLostMode", 0 },
	{ "DisableRemoteDesktop", 0 }, { "EnableLostMode", k24 }, { "EnableRemoteDesktop", 0 },
	{ "EraseDevice", k21 }, { "InstallApplication", k10 },
	{ "InstallEnterpriseApplication", k6 }, { "InstallMedia", k38 },
	{ "InstallProfile", k45 }, { "InstallProvisioningProfile", k46 },
	{ "InstalledApplicationList", k13 }, { "InviteToProgram", k14 },
	{ "LOMDeviceRequest", k35 }, { "LOMSetupRequest", 0 }, { "LogOutUser", 0 },
	{ "ManagedApplicationAttributes", k36 }, { "ManagedApplicationConfiguration", k36 },
	{ "ManagedApplicationFeedback", k37 }, { "ManagedApplicationList", k15 },
	{ "ManagedMediaList", 0 }, { "NSExtensionMappings", 0 }, { "OSUpdateStatus", 0 },
	{ "PlayLostModeSound", 0 }, { "ProfileList", k18 }, { "ProvisioningProfileList", k18 },
	{ "RefreshCellularPlans", k22 }, { "RemoveApplication", k17 }, { "RemoveMedia", k39 },
	{ "RemoveProfile", k17 }, { "RemoveProvisioningProfile", k47 },
	{ "RequestMirroring", k40 }, { "RequestUnlockToken", 0 }, { "RestartDevice", k26 },
	{ "Restrictions", k27 }, { "RotateFileVaultKey", k49 }, { "ScheduleOSUpdate", k80 },
	{ "ScheduleOSUpdateScan", k77 }, { "SecurityInfo", 0 }, { "SetAutoAdminPassword", k50 },
	{ "SetFirmwarePassword", k42 }, { "SetRecoveryLock", k44 }, { "Settings", k76 },
	{ "ShutDownDevice", 0 }, { "StopMirroring", 0 }, { "UnlockUserAccount", k82 },
	{ "UserConfigured", 0 }, { "UserList", 0 }, { "ValidateApplications", k15 },
	{ "VerifyFirmwarePassword", k43 }, { "VerifyRecoveryLock", k43 },
};
const size_t schema_n_commands = sizeof(schema_commands) /
	sizeof(schema_commands[0]);
